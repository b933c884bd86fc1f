package io.raftkv.raft.node;

import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.core.LogRead;
import java.util.List;
import java.util.function.BiConsumer;

/** Reads entries from the log for followers that lag further than memory reaches. */
final class ReadLane {
  /** At most one or two reads per follower are under way. */
  private static final int QUEUE_MAX = 1 << 10;

  private final LogStore log;
  private final BiConsumer<LogRead, List<LogEntry>> read;
  private final Lane lane;
  private final Mailbox<LogRead> queue = new Mailbox<>(QUEUE_MAX);

  ReadLane(LaneFactory lanes, LogStore log, BiConsumer<LogRead, List<LogEntry>> read) {
    this.log = log;
    this.read = read;
    lane = lanes.create("read", this::turn);
  }

  Lane lane() {
    return lane;
  }

  void submit(LogRead wanted) {
    if (queue.offer(wanted)) {
      lane.wake();
    } else {
      read.accept(wanted, List.of());
    }
  }

  private void turn() {
    queue.drain(
        wanted ->
            read.accept(wanted, log.read(wanted.from(), wanted.toExclusive(), wanted.bytesMax())));
  }
}
