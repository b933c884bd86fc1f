package io.raftkv.sim.disk;

/** The machine that a disk is in, as far as the disk cares. */
public interface Machine {
  /** Thrown through a turn when its process ends in the middle of it. */
  final class ProcessEnded extends Error {
    private static final long serialVersionUID = 1;

    public ProcessEnded() {
      super("the simulated process ended here", null, false, false);
    }
  }

  /**
   * Called before each operation on a disk and between operations: the process may end here.
   *
   * @throws ProcessEnded if it does, or did before
   */
  void mayEndHere();
}
