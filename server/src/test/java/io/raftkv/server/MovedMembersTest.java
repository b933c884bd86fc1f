package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.node.NodeStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MovedMembersTest {
  private static final MemberId A = new MemberId(1);
  private static final MemberId B = new MemberId(2);
  private static final MemberId C = new MemberId(3);
  private static final Configuration ALL =
      Configuration.of(
          List.of(
              new Member(A, "a", "old:1", true),
              new Member(B, "b", "old:2", true),
              new Member(C, "c", "old:3", true)));

  private final Map<MemberId, String> moved = new HashMap<>();
  private final List<MembershipChange> asked = new ArrayList<>();
  private final List<CompletableFuture<Membership>> answers = new ArrayList<>();

  private MovedMembers seenBy(MemberId self, MemberId leader) {
    return new MovedMembers(
        "n",
        () -> status(self, leader),
        member -> Optional.ofNullable(moved.get(member)),
        change -> {
          asked.add(change);
          CompletableFuture<Membership> answer = new CompletableFuture<>();
          answers.add(answer);
          return answer;
        });
  }

  private static NodeStatus status(MemberId self, MemberId leader) {
    return new NodeStatus(
        self,
        self.equals(leader) ? NodeStatus.Role.LEADER : NodeStatus.Role.FOLLOWER,
        1,
        leader,
        ALL,
        1,
        1,
        1,
        1,
        1,
        1,
        0,
        false,
        0,
        0,
        false,
        List.of());
  }

  @Test
  void leaderHasAllChangedThatItReachesElsewhereOneAnswerAtATime() {
    MovedMembers members = seenBy(A, A);
    members.run();
    assertThat(asked).isEmpty();
    moved.put(B, "new:2");
    moved.put(C, "new:3");

    members.run();
    members.run();

    assertThat(asked)
        .containsExactly(MembershipChange.move(B, "new:2"), MembershipChange.move(C, "new:3"));
    answers.get(0).complete(new Membership(9, ALL));
    answers
        .get(1)
        .completeExceptionally(new RaftException(RaftException.Reason.CHANGE_IN_PROGRESS, "busy"));
    moved.remove(B);
    members.run();
    assertThat(asked).hasSize(3).last().isEqualTo(MembershipChange.move(C, "new:3"));
  }

  @Test
  void othersLeaveTheLeaderTheTimeToSeeForItselfButForItsOwnAddress() {
    MovedMembers members = seenBy(A, B);
    moved.put(C, "new:3");
    members.run();
    assertThat(asked).isEmpty();

    members.run();

    assertThat(asked).containsExactly(MembershipChange.move(C, "new:3"));
    answers.get(0).complete(new Membership(9, ALL));
    moved.clear();
    moved.put(B, "new:2");
    members.run();
    assertThat(asked).last().isEqualTo(MembershipChange.move(B, "new:2"));
  }
}
