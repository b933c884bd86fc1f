package io.raftkv.sim.rule;

import io.raftkv.raft.LogEntry;
import java.util.Arrays;

/**
 * What clients were told is so, at the time they are told: a write stands in the committed log at
 * its revision, and a read has seen everything that was committed when it was asked (thesis 6.4).
 */
public final class Acknowledgements {
  private final Verdict verdict;
  private final Truth truth;

  public Acknowledgements(Verdict verdict, Truth truth) {
    this.verdict = verdict;
    this.truth = truth;
  }

  public void written(int machine, byte[] command, long revision) {
    LogEntry entry = truth.byRevision(revision);
    if (entry == null || !Arrays.equals(entry.data(), command)) {
      verdict.broken(
          "Acknowledgements (design promise 1)",
          "member "
              + (machine + 1)
              + " acknowledged a write at revision "
              + revision
              + ", where the committed log has "
              + entry);
    }
  }

  /**
   * @param committedBefore what was committed when the read was asked
   */
  public void read(int machine, long appliedIndex, long committedBefore) {
    if (appliedIndex < committedBefore) {
      verdict.broken(
          "Acknowledgements (thesis 6.4)",
          "member "
              + (machine + 1)
              + " reads at "
              + appliedIndex
              + ", but "
              + committedBefore
              + " was committed before the read was asked");
    }
  }
}
