package io.raftkv.raft.core;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import java.util.List;
import java.util.Optional;

/**
 * One unit of disk work, to be done in the order of the fields and of the tickets. Several units
 * may share one sync. Afterwards {@code responses} leave and {@link RaftCore#persisted} is told.
 *
 * @param ticket counts up from 1
 * @param hardState term and vote, if they changed
 * @param resetTo the log is replaced by a durable snapshot that ends here
 * @param truncateFrom entries from this index on are removed; 0: none
 * @param entries to append after the truncation
 * @param compactTo entries up to this one may go; a snapshot that includes it is durable
 * @param responses must not leave before all of this, and all earlier tickets, are durable
 */
public record Persist(
    long ticket,
    Optional<HardState> hardState,
    Optional<EntryId> resetTo,
    long truncateFrom,
    List<LogEntry> entries,
    Optional<EntryId> compactTo,
    List<Message> responses) {

  /** Whether there is anything but responses: only then is a sync needed. */
  public boolean hasWrites() {
    return hardState.isPresent()
        || resetTo.isPresent()
        || truncateFrom > 0
        || !entries.isEmpty()
        || compactTo.isPresent();
  }
}
