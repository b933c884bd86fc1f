package io.raftkv.sim;

import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Message;
import java.util.Arrays;

/** A number for what a message says, equal in every run: no identity hash codes. */
final class Fingerprint {
  private Fingerprint() {}

  static long of(Message message) {
    long hash = message.from().value() * 31 + message.to().value();
    hash = hash * 1_000_003 + message.term();
    if (message instanceof Message.AppendRequest m) {
      hash = hash * 31 + m.previous().index();
      for (LogEntry entry : m.entries()) {
        hash = hash * 31 + entry.term();
        hash = hash * 31 + entry.kind().code();
        hash = hash * 31 + entry.clusterTimeMillis();
        hash = hash * 31 + Arrays.hashCode(entry.data());
      }
      return 13 * (hash * 31 + m.entries().size()) + m.commitIndex();
    } else if (message instanceof Message.AppendResponse m) {
      hash = hash * 31 + m.matchIndex();
      return 17 * hash + m.rejectedIndex() + (m.isSuccess() ? 1 : 0);
    } else if (message instanceof Message.HeartbeatRequest m) {
      return 19 * (hash * 31 + m.commitIndex()) + m.readSequence();
    } else if (message instanceof Message.HeartbeatResponse m) {
      return 23 * hash + m.readSequence();
    } else if (message instanceof Message.VoteRequest m) {
      return 29 * hash + m.last().index() + (m.isPreVote() ? 7 : 0);
    } else if (message instanceof Message.VoteResponse m) {
      return 37 * hash + (m.isGranted() ? 1 : 0) + (m.isPreVote() ? 7 : 0);
    } else if (message instanceof Message.SnapshotChunk m) {
      return 41 * (hash * 31 + m.offset()) + m.crc();
    } else if (message instanceof Message.SnapshotAck m) {
      return 43 * hash + m.nextOffset();
    } else if (message instanceof Message.Forward m) {
      return 47 * (hash * 31 + Arrays.hashCode(m.command())) + m.forwardId();
    } else if (message instanceof Message.ForwardResult m) {
      hash = hash * 31 + Arrays.hashCode(m.result());
      return 53 * hash + m.forwardId() + m.failure();
    } else if (message instanceof Message.ReadIndexRequest m) {
      return 59 * hash + m.readId();
    } else if (message instanceof Message.ReadIndexResponse m) {
      return 61 * (hash * 31 + m.readId()) + m.index();
    }
    return 67 * hash;
  }

  /** A line for people, equal in every run too: arrays print as where they lie in memory. */
  static String text(Message message) {
    boolean hasArray =
        message instanceof Message.SnapshotChunk
            || message instanceof Message.Forward
            || message instanceof Message.ForwardResult;
    return hasArray
        ? String.format(
            "%s[from=%s, to=%s, term=%d, %016x]",
            message.getClass().getSimpleName(),
            message.from(),
            message.to(),
            message.term(),
            of(message))
        : message.toString();
  }
}
