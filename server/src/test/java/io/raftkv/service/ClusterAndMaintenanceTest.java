package io.raftkv.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.MemberRole;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.proto.v1.TransferLeadershipRequest;
import io.raftkv.raft.MemberId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ClusterAndMaintenanceTest {
  private final ServiceHarness harness = new ServiceHarness();

  @AfterEach
  void close() {
    harness.close();
  }

  @Test
  void leaderListsTheMembersWithWhatItKnowsOfThem() {
    harness.put("a", "1");
    harness.put("b", "1");
    var response = harness.cluster.memberList(MemberListRequest.getDefaultInstance());
    assertThat(response.getConfigRevision()).isEqualTo(3);
    assertThat(response.getMembersList())
        .containsExactly(
            Member.newBuilder()
                .setId(SingleConsensus.SELF.value())
                .setName("n1")
                .setRole(MemberRole.LEADER)
                .setClientAddress("host1:7400")
                .setPeerAddress("127.0.0.1:7401")
                .setMatchIndex(2)
                .setHealthy(true)
                .build(),
            Member.newBuilder()
                .setId(SingleConsensus.OTHER.value())
                .setName("n2")
                .setRole(MemberRole.FOLLOWER)
                .setClientAddress("host2:7400")
                .setPeerAddress("127.0.0.1:7411")
                .setMatchIndex(2)
                .setHealthy(true)
                .build(),
            Member.newBuilder()
                .setId(SingleConsensus.LEARNER.value())
                .setName("n3")
                .setRole(MemberRole.LEARNER)
                .setPeerAddress("127.0.0.1:7421")
                .setLag(2)
                .build());
  }

  @Test
  void leadershipGoesToTheNamedMemberOrToTheBest() {
    var named =
        harness.cluster.transferLeadership(
            TransferLeadershipRequest.newBuilder()
                .setMemberId(SingleConsensus.OTHER.value())
                .build());
    assertThat(named.getLeaderId()).isEqualTo(SingleConsensus.OTHER.value());
    assertThat(named.getHeader().getLeaderId()).isEqualTo(SingleConsensus.OTHER.value());
    var unused = harness.cluster.transferLeadership(TransferLeadershipRequest.getDefaultInstance());
    assertThat(harness.consensus.transferredTo).isEqualTo(MemberId.NONE);
  }

  @Test
  void statusTellsEverythingOfThisMemberEvenWithoutALeader() {
    harness.put("a", "1");
    harness.put("b", "1");
    harness.consensus.leader = MemberId.NONE;
    var status = harness.maintenance.status(StatusRequest.getDefaultInstance());
    assertThat(status.getVersion()).isEqualTo("1.2.3");
    assertThat(status.getName()).isEqualTo("n1");
    assertThat(status.getRole()).isEqualTo("FOLLOWER");
    assertThat(status.getFirstIndex()).isEqualTo(1);
    assertThat(status.getLastIndex()).isEqualTo(2);
    assertThat(status.getCommitIndex()).isEqualTo(2);
    assertThat(status.getAppliedIndex()).isEqualTo(2);
    assertThat(status.getDurableIndex()).isEqualTo(2);
    assertThat(status.getSnapshotIndex()).isZero();
    assertThat(status.getCompactedRevision()).isZero();
    assertThat(status.getKeys()).isEqualTo(2);
    assertThat(status.getLogBytes()).isEqualTo(111);
    assertThat(status.getSnapshotBytes()).isEqualTo(222);
    assertThat(status.getStateHash()).isEqualTo(harness.store.stateHash()).isNotZero();
    assertThat(status.getAlarmsList()).containsExactly("a disk is nearly full");
    assertThat(status.getHeader().getRevision()).isEqualTo(2);
    assertThat(status.getHeader().getLeaderId()).isZero();
  }
}
