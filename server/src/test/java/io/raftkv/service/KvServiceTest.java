package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.assertRefused;
import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Duration;
import io.raftkv.kv.Commands;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.RaftException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class KvServiceTest {
  private final ServiceHarness harness = new ServiceHarness();

  @AfterEach
  void close() {
    harness.assertNothingInFlight();
    harness.close();
  }

  private GetResponse get(String key, ReadOptions.Builder read) {
    return harness.kv.get(GetRequest.newBuilder().setKey(bytes(key)).setRead(read).build());
  }

  private static ReadOptions.Builder read(Consistency consistency) {
    return ReadOptions.newBuilder().setConsistency(consistency);
  }

  @Test
  void putIsReadBackWithItsRevisions() {
    harness.put("a", "1");
    harness.put("b", "2");
    assertThat(harness.put("a", "3")).isEqualTo(3);
    KeyValue kv = get("a", ReadOptions.newBuilder()).getKv();
    assertThat(kv.getValue()).isEqualTo(bytes("3"));
    assertThat(kv.getCreateRevision()).isEqualTo(1);
    assertThat(kv.getModRevision()).isEqualTo(3);
    assertThat(kv.getVersion()).isEqualTo(2);
  }

  @Test
  void missingKeyIsAnAnswer() {
    GetResponse response = get("absent", ReadOptions.newBuilder());
    assertThat(response.hasKv()).isFalse();
    assertThat(response.hasHeader()).isTrue();
  }

  @Test
  void headerSaysWhoAnsweredAndWhoLeads() {
    harness.put("a", "1");
    harness.consensus.leader = SingleConsensus.OTHER;
    var header = get("a", ReadOptions.newBuilder()).getHeader();
    assertThat(header.getClusterId()).isEqualTo(ServiceHarness.CLUSTER_ID);
    assertThat(header.getMemberId()).isEqualTo(SingleConsensus.SELF.value());
    assertThat(header.getLeaderId()).isEqualTo(SingleConsensus.OTHER.value());
    assertThat(header.getLeaderAddress()).isEqualTo("host2:7400");
    assertThat(header.getTerm()).isEqualTo(7);
    assertThat(header.getRevision()).isEqualTo(1);
  }

  @Test
  void putReturnsThePreviousOnlyIfAsked() {
    harness.put("a", "1");
    assertThat(harness.kv.put(putRequest("a", "2").build()).hasPrevious()).isFalse();
    var response = harness.kv.put(putRequest("a", "3").setReturnPrevious(true).build());
    assertThat(response.getPrevious().getValue()).isEqualTo(bytes("2"));
    assertThat(harness.kv.put(putRequest("new", "1").setReturnPrevious(true).build()).hasPrevious())
        .isFalse();
  }

  @Test
  void failedConditionChangesNothingAndTellsTheCurrentRevision() {
    harness.put("a", "1");
    harness.put("a", "2");
    var failure =
        assertRefused(
            () -> harness.kv.put(putRequest("a", "x").setIfAbsent(true).build()),
            Reason.CONDITION_FAILED,
            "not_applied");
    assertThat(failure.metadata("mod_revision")).isEqualTo("2");
    assertRefused(
        () -> harness.kv.put(putRequest("a", "x").setIfRevision(1).build()),
        Reason.CONDITION_FAILED,
        "not_applied");
    assertThat(harness.get("a")).contains("2");
    harness.kv.put(putRequest("a", "3").setIfRevision(2).build());
    assertThat(harness.get("a")).contains("3");
  }

  @Test
  void revisionZeroStandsForAKeyThatDoesNotExist() {
    harness.kv.put(putRequest("a", "1").setIfRevision(0).build());
    var failure =
        assertRefused(
            () -> harness.kv.put(putRequest("a", "2").setIfRevision(0).build()),
            Reason.CONDITION_FAILED,
            "not_applied");
    assertThat(failure.metadata("mod_revision")).isEqualTo("1");
  }

  @Test
  void ifAbsentFalseIsNoCondition() {
    harness.put("a", "1");
    harness.kv.put(putRequest("a", "2").setIfAbsent(false).build());
    assertThat(harness.get("a")).contains("2");
  }

  @Test
  void deleteTakesAKeyAPrefixOrARange() {
    for (String key : new String[] {"a", "b1", "b2", "c", "d"}) {
      harness.put(key, "v");
    }
    assertThat(delete(DeleteRequest.newBuilder().setKey(bytes("a"))).getDeleted()).isEqualTo(1);
    assertThat(delete(DeleteRequest.newBuilder().setKey(bytes("a"))).getDeleted()).isZero();
    DeleteResponse prefix =
        delete(DeleteRequest.newBuilder().setPrefix(bytes("b")).setReturnPrevious(true));
    assertThat(prefix.getDeleted()).isEqualTo(2);
    assertThat(prefix.getPreviousList())
        .extracting(KeyValue::getKey)
        .containsExactly(bytes("b1"), bytes("b2"));
    assertThat(
            delete(DeleteRequest.newBuilder().setStart(bytes("c")).setEnd(bytes("d"))).getDeleted())
        .isEqualTo(1);
    assertThat(harness.get("d")).contains("v");
  }

  @Test
  void deleteStopsAtItsLimitInKeyOrder() {
    for (int i = 0; i < 5; i++) {
      harness.put("k" + i, "v");
    }
    assertThat(delete(DeleteRequest.newBuilder().setPrefix(bytes("k")).setLimit(2)).getDeleted())
        .isEqualTo(2);
    assertThat(harness.get("k1")).isEmpty();
    assertThat(harness.get("k2")).contains("v");
  }

  @Test
  void deleteOfEverythingHasToBeSaid() {
    harness.put("a", "v");
    assertThat(delete(DeleteRequest.newBuilder().setPrefix(bytes(""))).getDeleted()).isEqualTo(1);
  }

  @Test
  void deleteHonoursItsCondition() {
    harness.put("a", "1");
    assertRefused(
        () -> delete(DeleteRequest.newBuilder().setKey(bytes("a")).setIfRevision(9)),
        Reason.CONDITION_FAILED,
        "not_applied");
    assertThat(delete(DeleteRequest.newBuilder().setKey(bytes("a")).setIfRevision(1)).getDeleted())
        .isEqualTo(1);
  }

  private DeleteResponse delete(DeleteRequest.Builder request) {
    return harness.kv.delete(request.build());
  }

  @Test
  void linearizableReadWaitsForTheBarrierAndSeesWhatCompletedBefore() throws Exception {
    harness.consensus.isHolding = true;
    ListenableFuture<?> write = harness.kvLater.put(putRequest("a", "1").build());
    ListenableFuture<GetResponse> first =
        harness.kvLater.get(GetRequest.newBuilder().setKey(bytes("a")).build());
    ListenableFuture<GetResponse> second =
        harness.kvLater.get(GetRequest.newBuilder().setKey(bytes("a")).build());
    assertThat(first.isDone()).isFalse();
    assertThat(get("a", read(Consistency.LOCAL)).hasKv()).isFalse();

    harness.consensus.release();

    assertThat(write.isDone()).isTrue();
    assertThat(Futures.getDone(first).getKv().getValue()).isEqualTo(bytes("1"));
    assertThat(Futures.getDone(second).getKv().getValue()).isEqualTo(bytes("1"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Consistency.class,
      names = {"SESSION", "LOCAL"})
  void weakReadsNeedNoLeader(Consistency consistency) {
    harness.put("a", "1");
    harness.consensus.leader = MemberId.NONE;
    harness.consensus.barrierFailure =
        new RaftException(RaftException.Reason.NO_LEADER, "no leader");
    assertThat(get("a", read(consistency)).getKv().getValue()).isEqualTo(bytes("1"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Consistency.class,
      names = {"LINEARIZABLE", "SESSION", "BOUNDED", "LOCAL"})
  void minRevisionIsWaitedForAtEveryLevel(Consistency consistency) throws Exception {
    harness.put("a", "1");
    ReadOptions.Builder read =
        read(consistency).setMinRevision(2).setMaxStaleness(Duration.newBuilder().setSeconds(1));
    ListenableFuture<GetResponse> waiting =
        harness.kvLater.get(GetRequest.newBuilder().setKey(bytes("a")).setRead(read).build());
    assertThat(waiting.isDone()).isFalse();
    harness.put("a", "2");
    assertThat(Futures.getDone(waiting).getKv().getValue()).isEqualTo(bytes("2"));
  }

  @Test
  void boundedReadNeedsContactWithALeaderWithinItsBound() {
    harness.put("a", "1");
    ReadOptions.Builder read =
        read(Consistency.BOUNDED).setMaxStaleness(Duration.newBuilder().setSeconds(2));
    harness.clock.advance(java.time.Duration.ofSeconds(2));
    assertThat(get("a", read).hasKv()).isTrue();
    harness.clock.advance(java.time.Duration.ofNanos(1));
    assertRefused(() -> get("a", read), Reason.STALE, "read");
    harness.consensus.freshAtNanos = Long.MIN_VALUE;
    assertRefused(() -> get("a", read), Reason.STALE, "read");
  }

  @Test
  void readAtARevisionSeesThePast() {
    harness.put("a", "1");
    harness.put("a", "2");
    GetResponse past = get("a", ReadOptions.newBuilder().setAtRevision(1));
    assertThat(past.getKv().getValue()).isEqualTo(bytes("1"));
    assertThat(past.getHeader().getRevision()).isEqualTo(1);
    var future =
        assertRefused(
            () -> get("a", ReadOptions.newBuilder().setAtRevision(3)),
            Reason.FUTURE_REVISION,
            "read");
    assertThat(future.metadata("revision")).isEqualTo("2");
  }

  @Test
  void compactedRevisionIsRefusedWithTheOldestThatIsLeft() {
    harness.put("a", "1");
    harness.put("a", "2");
    harness.put("a", "3");
    harness.consensus.propose(Commands.compact(2));
    var failure =
        assertRefused(
            () -> get("a", ReadOptions.newBuilder().setAtRevision(1)), Reason.COMPACTED, "read");
    assertThat(failure.metadata("revision")).isEqualTo("2");
    assertThat(get("a", ReadOptions.newBuilder().setAtRevision(2)).getKv().getValue())
        .isEqualTo(bytes("2"));
  }

  @Test
  void timeToLiveEndsByAnEntryAndIsRoundedUp() {
    harness.kv.put(putRequest("a", "1").setTtl(Duration.newBuilder().setNanos(1_000_001)).build());
    assertThat(harness.store.view().nextExpiryMillis()).hasValue(ManualClock.START_MILLIS + 2);
    harness.clock.advance(java.time.Duration.ofMillis(2));
    // No clock of a member makes it disappear, only an entry of the log does.
    assertThat(harness.get("a")).contains("1");
    harness.consensus.propose(Commands.expire(0));
    assertThat(harness.get("a")).isEmpty();
  }
}
