package io.raftkv.raft.core;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** Majorities. In a joint configuration both majorities have to agree (Raft paper section 6). */
public final class Quorum {
  private Quorum() {}

  /** The highest value that a quorum of voters has reached. */
  static long reachedByQuorum(Configuration configuration, ToLongFunction<MemberId> value) {
    long reached = reachedByMajority(configuration.voters(), value);
    return configuration.isJoint()
        ? Math.min(reached, reachedByMajority(configuration.outgoingVoters(), value))
        : reached;
  }

  /** Whether those who agree are enough to elect and to commit. */
  public static boolean isQuorum(Configuration configuration, Predicate<MemberId> agrees) {
    return reachedByQuorum(configuration, id -> agrees.test(id) ? 1 : 0) == 1;
  }

  private static long reachedByMajority(List<MemberId> voters, ToLongFunction<MemberId> value) {
    if (voters.isEmpty()) {
      return 0;
    }
    long[] values = new long[voters.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.applyAsLong(voters.get(i));
    }
    Arrays.sort(values);
    // Of n values in ascending order, a majority is at or above the one at (n - 1) / 2.
    return values[(values.length - 1) / 2];
  }
}
