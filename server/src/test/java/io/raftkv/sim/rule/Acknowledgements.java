package io.raftkv.sim.rule;

import com.google.protobuf.InvalidProtocolBufferException;
import io.raftkv.kv.KeyVersion;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.PutCommand;
import io.raftkv.raft.LogEntry;
import java.util.Arrays;
import java.util.List;

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
    written(machine, List.of(command), revision);
  }

  /**
   * @param commands one of them, which say the same: it was sent more than once
   */
  public void written(int machine, List<byte[]> commands, long revision) {
    LogEntry entry = truth.byRevision(revision);
    if (entry == null
        || commands.stream().noneMatch(command -> Arrays.equals(entry.data(), command))) {
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

  /** Was read: the committed log has a put of it at its revision, and of nothing else. */
  public void found(int machine, KeyVersion version) {
    LogEntry entry = truth.byRevision(version.modRevision());
    if (entry == null || !isPutOf(entry, version)) {
      verdict.broken(
          "Acknowledgements (design promise 1)",
          "member "
              + (machine + 1)
              + " serves a value of revision "
              + version.modRevision()
              + ", where the committed log has "
              + entry);
    }
  }

  private static boolean isPutOf(LogEntry entry, KeyVersion version) {
    try {
      PutCommand put = Command.parseFrom(entry.data()).getPut();
      return Arrays.equals(put.getKey().toByteArray(), version.key())
          && Arrays.equals(put.getValue().toByteArray(), version.value());
    } catch (InvalidProtocolBufferException e) {
      return false;
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
