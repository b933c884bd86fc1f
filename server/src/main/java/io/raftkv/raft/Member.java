package io.raftkv.raft;

import java.util.Objects;

/**
 * A member as the configuration names it.
 *
 * @param name what people call it; unique within the cluster
 * @param peerAddress host:port that the other members connect to
 * @param isVoter false for a learner, which receives the log but neither votes nor counts
 */
public record Member(MemberId id, String name, String peerAddress, boolean isVoter) {
  public Member {
    Objects.requireNonNull(id);
    Objects.requireNonNull(name);
    Objects.requireNonNull(peerAddress);
  }
}
