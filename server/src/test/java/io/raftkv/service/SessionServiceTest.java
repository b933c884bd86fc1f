package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.assertRefused;
import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.RequestId;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionInfo;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionListRequest;
import io.raftkv.proto.v1.SessionListResponse;
import io.raftkv.proto.v1.SessionOpenRequest;
import io.raftkv.proto.v1.SessionOpenResponse;
import io.raftkv.raft.RaftException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SessionServiceTest {
  private final ServiceHarness harness = new ServiceHarness();

  @AfterEach
  void close() {
    harness.assertNothingInFlight();
    harness.close();
  }

  private long open() {
    return harness.sessions.open(SessionOpenRequest.getDefaultInstance()).getSessionId();
  }

  private static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  private static PutRequest put(String key, String value, long session, long sequence, long first) {
    return putRequest(key, value).setRequestId(id(session, sequence, first)).build();
  }

  private static RequestId.Builder id(long session, long sequence, long first) {
    return RequestId.newBuilder()
        .setSessionId(session)
        .setSequence(sequence)
        .setFirstOutstanding(first);
  }

  @Test
  void aRepeatedPutGetsTheFirstAnswerAndChangesNothing() {
    long session = open();
    PutRequest put = put("a", "1", session, 1, 1).toBuilder().setReturnPrevious(true).build();
    harness.put("a", "0");
    PutResponse first = harness.kv.put(put);
    harness.put("a", "2");

    PutResponse repeated = harness.kv.put(put);

    assertThat(repeated).isEqualTo(first);
    assertThat(repeated.getPrevious().getValue()).isEqualTo(bytes("0"));
    assertThat(harness.get("a")).hasValue("2");
  }

  @Test
  void aRepeatedDeleteDeletesNothingMore() {
    long session = open();
    harness.put("a", "1");
    DeleteRequest delete =
        DeleteRequest.newBuilder().setKey(bytes("a")).setRequestId(id(session, 1, 1)).build();
    assertThat(harness.kv.delete(delete).getDeleted()).isEqualTo(1);
    harness.put("a", "2");

    assertThat(harness.kv.delete(delete).getDeleted()).isEqualTo(1);
    assertThat(harness.get("a")).hasValue("2");
  }

  @Test
  void aFailedConditionIsAnsweredAgainAsItWas() {
    long session = open();
    harness.put("a", "1");
    PutRequest put = put("a", "2", session, 1, 1).toBuilder().setIfRevision(9).build();
    assertRefused(() -> harness.kv.put(put), Reason.CONDITION_FAILED, "not_applied");
    harness.put("a", "3");

    var again = assertRefused(() -> harness.kv.put(put), Reason.CONDITION_FAILED, "not_applied");

    assertThat(again.metadata("mod_revision")).isEqualTo("1");
  }

  @Test
  void whatIsBelowTheWindowIsTooOldAndItsOutcomeUnknown() {
    long session = open();
    var unused = harness.kv.put(put("a", "2", session, 2, 2));

    assertRefused(
        () -> harness.kv.put(put("a", "1", session, 1, 1)), Reason.SEQUENCE_TOO_OLD, "unknown");
    assertThat(harness.get("a")).hasValue("2");
  }

  @Test
  void anEndedSessionIsExpiredAndAnotherOneUnknown() {
    long session = open();
    var unused =
        harness.sessions.close(SessionCloseRequest.newBuilder().setSessionId(session).build());

    assertRefused(
        () -> harness.kv.put(put("a", "1", session, 1, 1)), Reason.SESSION_EXPIRED, "unknown");
    assertRefused(
        () -> harness.kv.put(put("a", "1", 99, 1, 1)), Reason.SESSION_UNKNOWN, "not_applied");
    assertRefused(
        () ->
            harness.sessions.keepAlive(
                SessionKeepAliveRequest.newBuilder().setSessionId(session).build()),
        Reason.SESSION_EXPIRED,
        "not_applied");
    assertRefused(
        () ->
            harness.sessions.close(SessionCloseRequest.newBuilder().setSessionId(session).build()),
        Reason.SESSION_EXPIRED,
        "not_applied");
    assertThat(harness.get("a")).isEmpty();
  }

  @Test
  void anAttachedKeyNamesItsSessionAndGoesWithIt() {
    long session = open();
    PutRequest put =
        PutRequest.newBuilder()
            .setKey(bytes("a"))
            .setValue(bytes("1"))
            .setSessionId(session)
            .build();
    var unused = harness.kv.put(put);
    GetRequest get = GetRequest.newBuilder().setKey(bytes("a")).build();
    assertThat(harness.kv.get(get).getKv().getSessionId()).isEqualTo(session);
    assertThat(
            harness.sessions.list(SessionListRequest.getDefaultInstance()).getSessions(0).getKeys())
        .isEqualTo(1);

    var closed =
        harness.sessions.close(SessionCloseRequest.newBuilder().setSessionId(session).build());

    assertThat(harness.get("a")).isEmpty();
    var refused = assertRefused(() -> harness.kv.put(put), Reason.SESSION_EXPIRED, "not_applied");
    assertThat(refused.metadata("field")).isEqualTo("session_id");
    assertRefused(
        () -> harness.kv.put(put.toBuilder().setSessionId(-1).build()),
        Reason.SESSION_UNKNOWN,
        "not_applied");
    assertThat(closed.getHeader().getRevision()).isEqualTo(2);
  }

  @Test
  void timeToLiveIsGrantedWithinBounds() {
    assertThat(openFor(seconds(0).toBuilder().setNanos(5_000_000).build()).getTtl())
        .isEqualTo(seconds(1));
    assertThat(openFor(seconds(7)).getTtl()).isEqualTo(seconds(7));
    SessionOpenResponse longest = openFor(seconds(1_000_000));
    assertThat(longest.getTtl()).isEqualTo(seconds(3_600));
    SessionOpenResponse unnamed = harness.sessions.open(SessionOpenRequest.getDefaultInstance());
    assertThat(unnamed.getTtl()).isEqualTo(seconds(30));
    assertThat(
            harness
                .sessions
                .keepAlive(
                    SessionKeepAliveRequest.newBuilder()
                        .setSessionId(longest.getSessionId())
                        .build())
                .getTtl())
        .isEqualTo(seconds(3_600));
  }

  private SessionOpenResponse openFor(Duration ttl) {
    return harness.sessions.open(SessionOpenRequest.newBuilder().setTtl(ttl).build());
  }

  @Test
  void badInputNamesItsField() {
    long session = open();
    assertBad(put("a", "1", 0, 1, 1), "request_id.session_id");
    assertBad(put("a", "1", session, 0, 0), "request_id.sequence");
    assertBad(put("a", "1", session, -1, 0), "request_id.sequence");
    assertBad(put("a", "1", session, 1, 2), "request_id.first_outstanding");
    assertBad(put("a", "1", session, 1, -1), "request_id.first_outstanding");
    assertRefused(
        () -> harness.sessions.keepAlive(SessionKeepAliveRequest.getDefaultInstance()),
        Reason.BAD_REQUEST_ID,
        "not_applied");
    assertRefused(
        () ->
            harness.sessions.keepAlive(
                SessionKeepAliveRequest.newBuilder()
                    .setSessionId(session)
                    .setFirstOutstanding(-1)
                    .build()),
        Reason.BAD_REQUEST_ID,
        "not_applied");
    assertRefused(
        () ->
            harness.sessions.open(SessionOpenRequest.newBuilder().setName("n".repeat(257)).build()),
        Reason.NAME_TOO_LARGE,
        "not_applied");
    assertRefused(() -> openFor(seconds(-1)), Reason.BAD_DURATION, "not_applied");
    assertRefused(() -> openFor(seconds(0)), Reason.BAD_DURATION, "not_applied");
    assertRefused(
        () -> harness.sessions.list(SessionListRequest.newBuilder().setLimit(-1).build()),
        Reason.BAD_LIMIT,
        "not_applied");
    assertThat(harness.consensus.proposals()).isEqualTo(1);
  }

  private void assertBad(PutRequest request, String field) {
    var refused =
        assertRefused(() -> harness.kv.put(request), Reason.BAD_REQUEST_ID, "not_applied");
    assertThat(refused.metadata("field")).isEqualTo(field);
  }

  @Test
  void sessionsAreListedInPages() {
    long first =
        harness
            .sessions
            .open(SessionOpenRequest.newBuilder().setName("worker").build())
            .getSessionId();
    long second = open();
    var unused = harness.kv.put(put("a", "1", first, 1, 1));

    SessionListResponse page =
        harness.sessions.list(SessionListRequest.newBuilder().setLimit(1).build());
    SessionListResponse rest =
        harness.sessions.list(SessionListRequest.newBuilder().setAfterId(first).build());

    assertThat(page.getSessionsList())
        .containsExactly(
            SessionInfo.newBuilder()
                .setSessionId(first)
                .setName("worker")
                .setTtl(seconds(30))
                .setIdle(seconds(0))
                .setAnswers(1)
                .build());
    assertThat(page.getHasMore()).isTrue();
    assertThat(rest.getSessionsList())
        .extracting(SessionInfo::getSessionId)
        .containsExactly(second);
    assertThat(rest.getHasMore()).isFalse();
    assertThat(
            harness
                .sessions
                .list(SessionListRequest.newBuilder().setAfterId(-1).build())
                .getSessionsList())
        .isEmpty();
  }

  @Test
  void tooManyAnswersAreRefusedUntilTheClientSaysWhichItHas() {
    long session = open();
    harness.put("a", "x".repeat(1 << 20));
    long sequence = 0;
    for (int i = 0; i < 8; i++) {
      sequence++;
      var unused =
          harness.kv.put(
              put("a", "x".repeat(1 << 20), session, sequence, 1).toBuilder()
                  .setReturnPrevious(true)
                  .build());
    }
    long next = sequence + 1;

    assertRefused(
        () -> harness.kv.put(put("a", "1", session, next, 1)), Reason.QUEUE_FULL, "not_applied");
    var unused = harness.kv.put(put("a", "1", session, next, next));

    assertThat(harness.get("a")).hasValue("1");
  }

  @Test
  void aWriteOfASessionThatLosesItsLeaderIsUnknown() {
    long session = open();
    harness.consensus.proposalFailure =
        new RaftException(RaftException.Reason.LEADERSHIP_LOST, "lost");

    assertRefused(
        () -> harness.kv.put(put("a", "1", session, 1, 1)), Reason.LEADERSHIP_LOST, "unknown");
  }
}
