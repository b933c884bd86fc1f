package io.raftkv.raft.node;

/** The two clocks of a machine. */
public interface NodeClock {
  NodeClock SYSTEM =
      new NodeClock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public long wallMillis() {
          return System.currentTimeMillis();
        }
      };

  /** Monotone, from an arbitrary origin: what ticks and timeouts are measured by. */
  long nanoTime();

  /** Milliseconds since 1970: where cluster time begins, never compared with another machine's. */
  long wallMillis();
}
