package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import java.util.ArrayDeque;

/**
 * The configurations of the log, by index: the newest is in force from the moment it is appended,
 * and the one before it again if its entry is truncated (Raft thesis 4.1).
 */
final class ConfigurationHistory {
  private record At(long index, Configuration configuration) {}

  /** Never empty. Ascending by index. */
  private final ArrayDeque<At> history = new ArrayDeque<>();

  ConfigurationHistory(long index, Configuration configuration) {
    history.addLast(new At(index, configuration));
  }

  Configuration inForce() {
    return history.getLast().configuration;
  }

  /** Index of the entry that holds the configuration in force. */
  long indexInForce() {
    return history.getLast().index;
  }

  /** The configuration that was in force at {@code index}. */
  Configuration at(long index) {
    Configuration found = history.getFirst().configuration;
    for (At at : history) {
      if (at.index <= index) {
        found = at.configuration;
      }
    }
    return found;
  }

  void append(long index, Configuration configuration) {
    history.addLast(new At(index, configuration));
  }

  void truncateFrom(long index) {
    while (history.size() > 1 && history.getLast().index >= index) {
      history.removeLast();
    }
  }

  /** Forgets what was superseded at or before {@code index}, which is committed. */
  void compactTo(long index) {
    while (history.size() > 1) {
      At oldest = history.removeFirst();
      if (history.getFirst().index > index) {
        history.addFirst(oldest);
        return;
      }
    }
  }

  void reset(long index, Configuration configuration) {
    history.clear();
    history.addLast(new At(index, configuration));
  }
}
