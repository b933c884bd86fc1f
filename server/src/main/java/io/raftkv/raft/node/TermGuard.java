package io.raftkv.raft.node;

import io.raftkv.raft.Message;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps absurd terms out. One that is far above ours is a defect of its sender: terms grow by
 * elections, of which a second has a few. Taken over, one close to the end of the numbers would end
 * all elections. For any thread.
 */
final class TermGuard {
  private static final Logger LOG = LoggerFactory.getLogger(TermGuard.class);
  private static final long JUMP_MAX = 1 << 20;
  private static final long LOG_NANOS_MIN = 10_000_000_000L;
  private static final long NEVER = Long.MIN_VALUE;

  private final NodeClock clock;
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong nextLogNanos = new AtomicLong(NEVER);

  TermGuard(NodeClock clock) {
    this.clock = clock;
  }

  /** Whether the message may be heard; if not, that is counted, and said now and then. */
  boolean admits(Message message, long term) {
    if (message.term() - term <= JUMP_MAX) {
      return true;
    }
    refused.incrementAndGet();
    long now = clock.nanoTime();
    long next = nextLogNanos.get();
    if ((next == NEVER || now - next >= 0)
        && nextLogNanos.compareAndSet(next, now + LOG_NANOS_MIN)) {
      LOG.warn(
          "dropped a message of member {} with term {}, far above ours, {}",
          message.from(),
          message.term(),
          term);
    }
    return false;
  }

  long refused() {
    return refused.get();
  }
}
