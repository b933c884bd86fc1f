package io.raftkv.raft.core;

import io.raftkv.raft.LogEntry;
import java.util.List;

/**
 * Committed entries to apply, next in order.
 *
 * @param from first index
 * @param toExclusive {@code from} if the range is empty
 * @param entries all of them, or none: then they are durable and to be read from the log
 */
public record CommittedRange(long from, long toExclusive, List<LogEntry> entries) {
  public boolean isEmpty() {
    return from == toExclusive;
  }
}
