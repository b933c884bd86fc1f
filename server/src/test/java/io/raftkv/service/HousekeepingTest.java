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
  private static final long HISTORY_BYTES_MAX = 20 << 20;

  private final ManualClock clock = new ManualClock();
  private final KvStateMachine store =
      new KvStateMachine(
          new KvLimits(
              KvLimits.DEFAULT.deleteKeysMax(),
              KvLimits.DEFAULT.previousBytesMax(),
              2,
              KvLimits.DEFAULT.compactVersionsMax(),
              KvLimits.DEFAULT.compactBytesMax(),
              10,
              10,
              1_000,
              1_000,
              10));
  private final SingleConsensus consensus = new SingleConsensus(clock, store);
  private final Housekeeping housekeeping =
      new Housekeeping(consensus, store, clock, 20, 10, HISTORY_BYTES_MAX);

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
    housekeeping.run();
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
    housekeeping.run();
    clock.advance(Duration.ofMillis(100));
    housekeeping.run();
    assertThat(store.view().keys()).isEqualTo(1);
    assertThat(consensus.proposals()).isEqualTo(6 + 3);
  }

  private void openSession(long ttlMillis) {
    var unused = consensus.propose(Commands.openSession("s", ttlMillis));
  }

  @Test
  void sessionsExpireOnceTheirTimeHasPassed() {
    openSession(100);
    openSession(150);
    housekeeping.run();
    clock.advance(Duration.ofMillis(99));
    housekeeping.run();
    assertThat(store.view().sessionCount()).isEqualTo(2);
    clock.advance(Duration.ofMillis(1));
    housekeeping.run();
    assertThat(store.view().sessionCount()).isEqualTo(1);
    clock.advance(Duration.ofMillis(50));
    housekeeping.run();
    assertThat(store.view().sessionCount()).isZero();
  }

  @Test
  void aSessionThatIsKeptAliveCostsOneLookInItsTimeToLive() {
    openSession(100);
    housekeeping.run();
    for (int i = 0; i < 10; i++) {
      clock.advance(Duration.ofMillis(50));
      var unused = consensus.propose(Commands.keepSession(1, 0));
      housekeeping.run();
    }
    assertThat(store.view().sessionCount()).isEqualTo(1);
    assertThat(consensus.proposals()).isBetween(1 + 10 + 3, 1 + 10 + 5);
  }

  @Test
  void historyIsCompactedWhenHalfAsMuchAgainIsKept() {
    for (int i = 0; i < 29; i++) {
      putWithTtl("a", 0);
    }
    housekeeping.run();
    assertThat(store.view().compactedRevision()).isZero();
    putWithTtl("a", 0);
    housekeeping.run();
    assertThat(store.view().compactedRevision()).isEqualTo(10);
    housekeeping.run();
    assertThat(consensus.proposals()).isEqualTo(30 + 1);
  }

  @Test
  void onlyTheLeaderProposes() {
    putWithTtl("a", 1);
    housekeeping.run();
    clock.advance(Duration.ofMillis(5));
    consensus.leader = SingleConsensus.OTHER;
    housekeeping.run();
    assertThat(consensus.proposals()).isEqualTo(1);
  }

  @Test
  void oneProposalIsUnderWayAtATimeAndAFailedOneIsMadeAgain() {
    putWithTtl("a", 1);
    housekeeping.run();
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

  private void putBytes(String key, int bytes) {
    var unused =
        consensus.propose(Commands.put(ServiceHarness.bytes(key).toByteArray(), new byte[bytes]));
  }

  @Test
  void wallClockThatJumpsExpiresNothing() {
    putWithTtl("a", 60_000);
    housekeeping.run();
    clock.jumpWall(Duration.ofDays(365));
    housekeeping.run();
    assertThat(store.view().keys()).isEqualTo(1);
    assertThat(consensus.proposals()).isEqualTo(1);
  }

  @Test
  void historyOfTooManyBytesIsHalved() {
    for (int i = 0; i < 19; i++) {
      putBytes("a", 1 << 20);
    }
    housekeeping.run();
    assertThat(store.view().compactedRevision()).isZero();
    for (int i = 0; i < 3; i++) {
      putBytes("a", 1 << 20);
    }

    housekeeping.run();

    assertThat(store.view().historyBytes())
        .isBetween(
            HISTORY_BYTES_MAX / 2 - KvLimits.DEFAULT.compactBytesMax(), HISTORY_BYTES_MAX / 2);
    assertThat(store.view().compactedRevision()).isLessThan(store.view().revision());
  }

  @Test
  void bytesOfDeletedKeysAreFreedOnceNothingIsWritten() {
    putBytes("a", 1 << 20);
    var unused = consensus.propose(Commands.delete(ServiceHarness.bytes("a").toByteArray()));
    housekeeping.run();
    clock.advance(Housekeeping.IDLE_AFTER.minusMillis(1));
    housekeeping.run();
    assertThat(store.view().historyBytes()).isPositive();

    clock.advance(Duration.ofMillis(1));
    housekeeping.run();
    housekeeping.run();

    assertThat(store.view().historyBytes()).isZero();
    assertThat(consensus.proposals()).isEqualTo(3);
  }
}
