package io.raftkv.raft.core;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;

/** Reads of a follower that wait for the leader's answer. */
final class RemoteReads {
  private record Asked(long readId, int ticks) {}

  private final TreeMap<Long, Asked> asked = new TreeMap<>();
  private int now;

  boolean isFull() {
    return asked.size() >= ReadQueue.READS_MAX;
  }

  void ask(long remoteId, long readId) {
    asked.put(remoteId, new Asked(readId, now));
  }

  /** The read that this answer is for; -1 if none waits for it (any more). */
  long answer(long remoteId) {
    Asked found = asked.remove(remoteId);
    return found == null ? -1 : found.readId;
  }

  /** One tick passes. Returns the reads that have waited for {@code ticksMax}. */
  List<Long> tick(int ticksMax) {
    now++;
    List<Long> expired = new ArrayList<>();
    Iterator<Asked> oldestFirst = asked.values().iterator();
    while (oldestFirst.hasNext()) {
      Asked read = oldestFirst.next();
      if (now - read.ticks < ticksMax) {
        break;
      }
      expired.add(read.readId);
      oldestFirst.remove();
    }
    return expired;
  }

  List<Long> takeAll() {
    List<Long> all = asked.values().stream().map(Asked::readId).toList();
    asked.clear();
    return all;
  }
}
