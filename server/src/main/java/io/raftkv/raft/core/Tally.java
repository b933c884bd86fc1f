package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import java.util.TreeMap;

/** The answers to one election, at most one per member. */
final class Tally {
  private final TreeMap<MemberId, Boolean> votes = new TreeMap<>();

  void record(MemberId from, boolean isGranted) {
    votes.putIfAbsent(from, isGranted);
  }

  boolean isWon(Configuration configuration) {
    return Quorum.isQuorum(configuration, id -> votes.getOrDefault(id, false));
  }

  /** So many refused that the rest cannot make a quorum. */
  boolean isLost(Configuration configuration) {
    return !Quorum.isQuorum(configuration, id -> votes.getOrDefault(id, true));
  }
}
