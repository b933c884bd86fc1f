package io.raftkv.sim;

/** Kinds of faults, each on in a share of the worlds. */
enum Fault {
  /** A process ends and starts again later. */
  CRASH(0.5),
  /** The leader's process ends. */
  CRASH_LEADER(0.5),
  /** A process ends in the middle of a turn, between two operations on its disk or the network. */
  CRASH_MIDWAY(0.6),
  /** All processes end at once: the power goes. */
  CRASH_ALL(0.3),
  /** A process is asked to stop, and starts again later. */
  STOP(0.3),
  /** A process does nothing for a while, then goes on as if nothing had happened. */
  PAUSE(0.4),
  /** The leader is paused: long enough for another one, or not. */
  PAUSE_LEADER(0.4),
  /** One link fails in one direction. */
  CUT_ONE_WAY(0.4),
  /** Nobody hears one member, or it hears nobody, or both. */
  ISOLATE(0.4),
  /** Likewise, of the leader. */
  ISOLATE_LEADER(0.4),
  /** Two groups that do not hear each other. */
  PARTITION(0.4),
  /** Two groups, and one member that hears both. */
  BRIDGE(0.3),
  /** Each member hears only its neighbours in a ring. */
  RING(0.2),
  /** All links lose messages. */
  LOSS(0.4),
  /** All links of one member are slow. */
  SLOW_LINKS(0.3),
  /** A disk is slow. */
  SLOW_DISK(0.4),
  /** A disk does not answer for a while. */
  HUNG_DISK(0.4),
  /** Syncs fail: the process ends. */
  FAILING_DISK(0.3),
  /** A disk has hardly any room for a while, or all have. */
  FULL_DISK(0.3),
  /** Snapshots can neither be made nor read. */
  FAILING_SNAPSHOTS(0.3),
  /** A bit of a file that was written long ago changes; only where there are files. */
  ROT(0.3),
  /** The connection to a healthy member breaks, and a new one is refused. */
  REFUSED(0.3),
  /** Wall clocks jump. */
  CLOCK_JUMP(0.3),
  /** Leadership is handed over. */
  TRANSFER(0.4),
  /** A disk is lost with all that is on it: the process ends, and never starts again. */
  LOST_FOLDER(0.25);

  private final double share;

  Fault(double share) {
    this.share = share;
  }

  double share() {
    return share;
  }
}
