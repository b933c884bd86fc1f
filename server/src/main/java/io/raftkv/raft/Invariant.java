package io.raftkv.raft;

/**
 * Our own bugs, found while they can still do no harm. On in production: a node that breaks an
 * invariant stops before it can lie.
 */
public final class Invariant {
  private Invariant() {}

  /** Thrown by {@link #check}. Nobody catches it but the lane, which stops the node. */
  public static final class Broken extends IllegalStateException {
    private static final long serialVersionUID = 1;

    Broken(String message) {
      super(message);
    }
  }

  public static void check(boolean holds, String what) {
    if (!holds) {
      throw new Broken(what);
    }
  }

  public static void check(boolean holds, String format, long a) {
    if (!holds) {
      throw new Broken(String.format(format, a));
    }
  }

  public static void check(boolean holds, String format, long a, long b) {
    if (!holds) {
      throw new Broken(String.format(format, a, b));
    }
  }

  public static void check(boolean holds, String format, long a, long b, long c) {
    if (!holds) {
      throw new Broken(String.format(format, a, b, c));
    }
  }

  /** For where the compiler has to know that nothing follows. */
  public static Broken broken(String format, long a, long b, long c) {
    return new Broken(String.format(format, a, b, c));
  }
}
