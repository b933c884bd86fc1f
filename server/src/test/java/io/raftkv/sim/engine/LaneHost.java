package io.raftkv.sim.engine;

/** The process that lanes run in, as far as lanes care. */
public interface LaneHost {
  /** False once the process has ended: no turn begins any more. */
  boolean isAlive();

  /** Turns that fall before this time wait for it: the process is stopped, not dead. */
  long pausedUntilNanos();

  /** How long after a wake the turn begins: scheduling, and for the log lane the disk. */
  long turnDelayNanos(String lane);

  /** Real length of a period of the process's own clock. */
  long realNanos(long ownNanos);

  /** Runs a turn: what surrounds it is the host's affair. */
  void run(String lane, Runnable turn);
}
