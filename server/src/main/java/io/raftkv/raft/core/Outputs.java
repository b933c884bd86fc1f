package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.HardState;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the core and its role want done: collected here until the next {@link Ready} takes it. */
final class Outputs {
  private List<Message> messages = new ArrayList<>();

  /** Those that wait for the disk. */
  private List<Message> responses = new ArrayList<>();

  private List<ReadState> reads = new ArrayList<>();
  private List<SnapshotTransfer> transfers = new ArrayList<>();
  private List<LogRead> logReads = new ArrayList<>();
  private Optional<SnapshotMeta> install = Optional.empty();
  private Configuration announced = Configuration.EMPTY;

  void send(Message m) {
    messages.add(m);
  }

  /** Sends once everything that the core has decided up to now is durable. */
  void sendWhenDurable(Message m) {
    responses.add(m);
  }

  void readConfirmed(long readId, long index) {
    reads.add(new ReadState(readId, index));
  }

  void readFailed(long readId) {
    reads.add(new ReadState(readId, ReadState.NOT_CONFIRMED));
  }

  void readLog(LogRead read) {
    logReads.add(read);
  }

  void transferSnapshot(SnapshotTransfer transfer) {
    transfers.add(transfer);
  }

  void install(SnapshotMeta snapshot) {
    install = Optional.of(snapshot);
  }

  /**
   * The disk work that there is. What waits for the disk goes with it, or, without any, at once.
   */
  Optional<Persist> takePersist(RaftLog log, HardState hardState) {
    if (log.isAllDurable(hardState)) {
      messages.addAll(responses);
      responses.clear();
    }
    Optional<Persist> persist = log.takePersist(hardState, responses);
    if (persist.isPresent()) {
      responses = new ArrayList<>();
    }
    return persist;
  }

  /**
   * Everything, beside what was computed for this turn.
   *
   * @param reachable whom to talk to; told only when it has changed
   */
  Ready take(
      Optional<Persist> persist,
      CommittedRange committed,
      Optional<SnapshotMeta> snapshot,
      Configuration reachable) {
    Optional<Configuration> changed =
        announced.equals(reachable) ? Optional.empty() : Optional.of(reachable);
    announced = reachable;
    Ready ready =
        new Ready(
            messages, persist, install, committed, snapshot, reads, transfers, logReads, changed);
    messages = new ArrayList<>();
    reads = new ArrayList<>();
    transfers = new ArrayList<>();
    logReads = new ArrayList<>();
    install = Optional.empty();
    return ready;
  }
}
