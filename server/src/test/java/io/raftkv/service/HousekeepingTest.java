package io.raftkv.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.kv.Commands;
import io.raftkv.kv.Commands.PutCondition;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.RaftException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class HousekeepingTest {
  private final ManualClock clock = new ManualClock();
  private final KvStateMachine store =
      new KvStateMachine(
          new KvLimits(
              KvLimits.DEFAULT.deleteKeysMax(),
              KvLimits.DEFAULT.previousBytesMax(),
              2,
              KvLimits.DEFAULT.compactVersionsMax(),
              KvLimits.DEFAULT.compactBytesMax(),
              10));
  private final SingleConsensus consensus = new SingleConsensus(clock, store);
  private final Housekeeping housekeeping = new Housekeeping(consensus, store, clock, 20);

  private void putWithTtl(String key, long ttlMillis) {
    var unused =
        consensus.propose(
            Commands.put(
                ServiceHarness.bytes(key),
                ServiceHarness.bytes("v"),
                PutCondition.NONE,
                ttlMillis,
                false));
  }

  @Test
  void keysExpireOnceTheirTimeHasPassed() {
    putWithTtl("a", 100);
    clock.advance(Duration.ofMillis(99));
    housekeeping.run();
    assertThat(store.view().keys()).isEqualTo(1);
    clock.advance(Duration.ofMillis(1));
    housekeeping.run();
    assertThat(store.view().keys()).isZero();
  }

  @Test
  void oneRunExpiresAllThatIsDueInBoundedCommands() {
    for (int i = 0; i < 5; i++) {
      putWithTtl("k" + i, 100);
    }
    putWithTtl("later", 1_000);
    clock.advance(Duration.ofMillis(100));
    housekeeping.run();
    assertThat(store.view().keys()).isEqualTo(1);
    assertThat(consensus.proposals()).isEqualTo(6 + 3);
  }

  @Test
  void historyIsCompactedWhenATenthMoreThanWantedIsKept() {
    for (int i = 0; i < 21; i++) {
      putWithTtl("a", 0);
    }
    housekeeping.run();
    assertThat(store.view().compactedRevision()).isZero();
    putWithTtl("a", 0);
    housekeeping.run();
    assertThat(store.view().compactedRevision()).isEqualTo(2);
    housekeeping.run();
    assertThat(consensus.proposals()).isEqualTo(22 + 1);
  }

  @Test
  void onlyTheLeaderProposes() {
    putWithTtl("a", 1);
    clock.advance(Duration.ofMillis(5));
    consensus.leader = SingleConsensus.OTHER;
    housekeeping.run();
    assertThat(consensus.proposals()).isEqualTo(1);
  }

  @Test
  void oneProposalIsUnderWayAtATimeAndAFailedOneIsMadeAgain() {
    putWithTtl("a", 1);
    clock.advance(Duration.ofMillis(5));
    consensus.proposalFailure = new RaftException(RaftException.Reason.QUEUE_FULL, "full");
    housekeeping.run();
    assertThat(consensus.proposals()).isEqualTo(2);
    consensus.proposalFailure = null;
    consensus.isHolding = true;
    housekeeping.run();
    housekeeping.run();
    assertThat(consensus.proposals()).isEqualTo(3);
    consensus.release();
    assertThat(store.view().keys()).isZero();
  }
}
