package io.raftkv.client;

import static io.raftkv.client.FakeMember.SILENCE;
import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RequestId;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionOpenRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a session makes safe, and what it cannot. */
@Timeout(60)
class SessionTest {
  private static final ByteSequence KEY = ByteSequence.of("k");

  /** What the servers keep for one session. */
  private static final int ANSWERS_MAX = 10_000;

  private FakeCluster cluster = new FakeCluster().learned();

  @AfterEach
  void close() {
    cluster.close();
  }

  private void with(ClientOptions options) {
    cluster.close();
    cluster = new FakeCluster(options).learned();
  }

  private List<RequestId> ids() {
    return Stream.of(cluster.leader, cluster.follower)
        .flatMap(member -> member.received.stream())
        .filter(PutRequest.class::isInstance)
        .map(request -> ((PutRequest) request).getRequestId())
        .toList();
  }

  @Test
  void theFirstWriteOpensTheSessionThatAllShare() {
    cluster.client.get("k");
    assertThat(cluster.count(SessionOpenRequest.class)).isZero();

    List<CompletableFuture<PutResult>> puts =
        IntStream.range(0, 20)
            .mapToObj(i -> cluster.client.putAsync(KEY, KEY, PutOptions.DEFAULT))
            .toList();
    CompletableFuture.allOf(puts.toArray(CompletableFuture[]::new)).join();

    assertThat(cluster.count(SessionOpenRequest.class)).isEqualTo(1);
    assertThat(ids().stream().map(RequestId::getSessionId).distinct()).hasSize(1);
    assertThat(ids().stream().map(RequestId::getSequence).sorted())
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 20).mapToObj(i -> (long) i).toList());
    assertThat(ids()).allMatch(id -> id.getFirstOutstanding() <= id.getSequence());
  }

  @ParameterizedTest
  @CsvSource({
    "LEADERSHIP_LOST, UNAVAILABLE",
    "TIMEOUT, DEADLINE_EXCEEDED",
    "SHUTTING_DOWN, UNAVAILABLE",
  })
  void aWriteOfUnknownOutcomeIsSentAgainWithItsNumber(String reason, Code code) {
    cluster.leader.script(error(code, reason, "unknown", Map.of()));

    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);

    assertThat(ids()).hasSize(2);
    assertThat(ids().stream().distinct()).hasSize(1);
  }

  @Test
  void aWriteSurvivesABrokenConnection() {
    cluster.leader.script(Status.UNAVAILABLE.asRuntimeException());

    assertThat(cluster.client.put("k", "v").header().memberId()).isEqualTo(2);
  }

  @Test
  void aDeleteSurvivesABrokenConnection() {
    cluster.leader.script(Status.UNAVAILABLE.asRuntimeException());
    assertThat(cluster.client.delete("k").deleted()).isEqualTo(1);
    assertThat(cluster.count(DeleteRequest.class)).isEqualTo(2);
  }

  @Test
  void aWriteToASilentMemberGoesToAnotherOne() {
    with(FakeCluster.PATIENT.withAttemptTimeout(Duration.ofMillis(100)));
    cluster.client.put("k", "v");
    cluster.leader.behaviour = request -> SILENCE;

    assertThat(cluster.client.put("k", "v").header().memberId()).isEqualTo(2);
  }

  @Test
  void whatWasAnsweredIsNotAwaitedAnyMore() {
    for (int i = 0; i < 3; i++) {
      cluster.client.put("k", "v");
    }

    assertThat(ids())
        .extracting(RequestId::getSequence, RequestId::getFirstOutstanding)
        .containsExactly(tuple(1L, 1L), tuple(2L, 2L), tuple(3L, 3L));
  }

  @Test
  void aWriteThatWasGivenUpIsNotAwaitedEither() {
    cluster.client.put("k", "v");
    cluster.leader.script(SILENCE);
    CompletableFuture<PutResult> abandoned = cluster.client.putAsync(KEY, KEY, PutOptions.DEFAULT);
    while (ids().size() < 2) {
      Thread.onSpinWait();
    }
    abandoned.cancel(true);

    cluster.client.put("k", "v");

    assertThat(ids().get(2).getFirstOutstanding()).isEqualTo(3);
  }

  @Test
  void theDeadlineLeavesAWriteUnknownOnlyIfAnAttemptWas() {
    with(FakeCluster.PATIENT.withTimeout(Duration.ofMillis(300)));
    cluster.client.put("k", "v");
    StatusRuntimeException lost = error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of());
    StatusRuntimeException none = error(Code.UNAVAILABLE, "NO_LEADER", "not_applied", Map.of());
    cluster.leader.behaviour = request -> none;
    cluster.follower.behaviour = request -> none;
    assertThat(failure(() -> cluster.client.put("k", "v")).outcome())
        .isEqualTo(Outcome.NOT_APPLIED);

    cluster.leader.script(lost);
    cluster.follower.script(lost);
    KvException e = failure(() -> cluster.client.put("k", "v"));

    // The deadline may also strike in the middle of an attempt.
    assertThat(e.reason()).isIn(Reason.NO_LEADER, Reason.TIMEOUT);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void aFailedConditionIsCertainHoweverOftenItWasAsked() {
    cluster.leader.script(error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of()));
    StatusRuntimeException failed =
        error(
            Code.FAILED_PRECONDITION,
            "CONDITION_FAILED",
            "not_applied",
            Map.of("mod_revision", "17"));
    cluster.leader.behaviour = request -> failed;
    cluster.follower.behaviour = request -> failed;

    KvException e = failure(() -> cluster.client.put("k", "v", PutOptions.DEFAULT.withIfAbsent()));

    assertThat(e.reason()).isEqualTo(Reason.CONDITION_FAILED);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
  }

  @Test
  void aWriteThatMeetsAnEndedSessionAtFirstGoesOnInANewOne() {
    cluster.client.put("k", "v");
    cluster.leader.script(expired());

    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);

    assertThat(cluster.count(SessionOpenRequest.class)).isEqualTo(2);
    assertThat(ids().stream().map(RequestId::getSessionId).distinct()).hasSize(2);
    assertThat(ids().get(2).getSequence()).isEqualTo(1);
  }

  @Test
  void aWriteThatMayHaveHappenedBeforeTheSessionEndedIsUnknownAndLaterOnesGoOn() {
    cluster.leader.script(error(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown", Map.of()));
    cluster.follower.script(expired());

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.reason()).isEqualTo(Reason.SESSION_EXPIRED);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);
    assertThat(cluster.count(SessionOpenRequest.class)).isEqualTo(2);
  }

  /** Another client said, with this one's session, that it waits for nothing any more. */
  @Test
  void aSessionThatSomebodyElseSpoiledIsNotUsedAgain() {
    cluster.client.put("k", "v");
    cluster.leader.script(error(Code.FAILED_PRECONDITION, "SEQUENCE_TOO_OLD", "unknown", Map.of()));

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.reason()).isEqualTo(Reason.SEQUENCE_TOO_OLD);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);
    assertThat(cluster.count(SessionOpenRequest.class)).isEqualTo(2);
  }

  @Test
  void theSessionOfAKeyIsNotTheOneOfTheClient() {
    StatusRuntimeException expired =
        error(
            Code.FAILED_PRECONDITION,
            "SESSION_EXPIRED",
            "not_applied",
            Map.of("field", "session_id"));
    cluster.leader.script(expired);

    KvException e = failure(() -> cluster.client.put("k", "v", PutOptions.DEFAULT.withAttachTo(7)));

    assertThat(e.reason()).isEqualTo(Reason.SESSION_EXPIRED);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    cluster.client.put("k", "v");
    assertThat(cluster.count(SessionOpenRequest.class)).isEqualTo(1);
  }

  @Test
  void whereEverySessionEndsAtOnceAWriteIsNotApplied() {
    StatusRuntimeException expired = expired();
    cluster.leader.behaviour = request -> expired;
    cluster.follower.behaviour = request -> expired;

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.reason()).isEqualTo(Reason.SESSION_EXPIRED);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    assertThat(cluster.count(PutRequest.class)).isEqualTo(2);
  }

  @Test
  void anIdleClientKeepsItsSession() {
    with(FakeCluster.PATIENT.withSessionTtl(Duration.ofMillis(300)));
    cluster.client.put("k", "v");

    while (cluster.count(SessionKeepAliveRequest.class) < 2) {
      Thread.onSpinWait();
    }

    SessionKeepAliveRequest kept =
        (SessionKeepAliveRequest)
            cluster.leader.received.stream()
                .filter(SessionKeepAliveRequest.class::isInstance)
                .findFirst()
                .orElseThrow();
    assertThat(kept.getSessionId()).isEqualTo(ids().get(0).getSessionId());
    assertThat(kept.getFirstOutstanding()).isEqualTo(2);
  }

  @Test
  void aSessionThatCannotBeKeptIsReplacedBeforeTheNextWrite() {
    with(FakeCluster.PATIENT.withSessionTtl(Duration.ofMillis(300)));
    cluster.client.put("k", "v");
    StatusRuntimeException expired = expired();
    cluster.leader.sessionBehaviour =
        request ->
            request instanceof SessionKeepAliveRequest
                ? expired
                : cluster.leader.answerOfSessions(request);
    while (cluster.count(SessionKeepAliveRequest.class) == 0) {
      Thread.onSpinWait();
    }

    while (ids().stream().map(RequestId::getSessionId).distinct().count() < 2) {
      cluster.client.put("k", "v");
    }
    assertThat(cluster.count(SessionOpenRequest.class)).isGreaterThanOrEqualTo(2);
  }

  @Test
  void closingEndsTheSessionToo() {
    cluster.client.put("k", "v");

    cluster.client.close();

    assertThat(cluster.count(SessionCloseRequest.class)).isEqualTo(1);
  }

  @Test
  void aClientThatWroteNothingHasNoSessionToClose() {
    cluster.client.close();

    assertThat(cluster.count(SessionOpenRequest.class)).isZero();
    assertThat(cluster.count(SessionCloseRequest.class)).isZero();
  }

  @Test
  void withoutSessionWritesAreNotMarked() {
    with(FakeCluster.PATIENT.withoutSession());
    cluster.client.put("k", "v");

    assertThat(cluster.count(SessionOpenRequest.class)).isZero();
    assertThat(ids()).containsExactly(RequestId.getDefaultInstance());
  }

  @Test
  void aSessionThatCannotBeOpenedLeavesTheWriteUnsent() {
    StatusRuntimeException full =
        error(Code.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "not_applied", Map.of());
    cluster.leader.sessionBehaviour = request -> full;

    KvException e = failure(() -> cluster.client.put("k", "v"));

    assertThat(e.reason()).isEqualTo(Reason.QUOTA_EXCEEDED);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    assertThat(e.getMessage())
        .startsWith("put at ")
        .contains(": no session could be opened for it: ");
    assertThat(cluster.count(PutRequest.class)).isZero();
  }

  @Test
  void theAnswerToOpenThatIsLostIsAskedForAgain() {
    cluster.leader.sessionBehaviour = request -> Status.UNAVAILABLE.asRuntimeException();

    assertThat(cluster.client.put("k", "v").modRevision()).isEqualTo(42);
    assertThat(cluster.count(SessionOpenRequest.class)).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aWriteWithMoreTimeThanTheOneThatOpensTheSessionIsNotLostWithIt() {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    cluster.leader.sessionBehaviour =
        request -> isFirst.getAndSet(false) ? SILENCE : cluster.leader.answerOfSessions(request);
    CompletableFuture<PutResult> brief =
        cluster.client.putAsync(KEY, KEY, PutOptions.DEFAULT.withTimeout(Duration.ofMillis(100)));
    CompletableFuture<PutResult> patient = cluster.client.putAsync(KEY, KEY, PutOptions.DEFAULT);

    KvException e = failure(() -> join(brief));

    assertThat(e.reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
    assertThat(patient.join().modRevision()).isEqualTo(42);
  }

  /** However long the first answer takes, the servers keep no more of the others than they can. */
  @Test
  void noMoreWritesAreSentThanTheServersKeepAnswersOf() {
    int more = 200;
    with(FakeCluster.PATIENT.withMaxInFlight(ANSWERS_MAX + more));
    CompletableFuture<Object> first = new CompletableFuture<>();
    AtomicLong received = new AtomicLong();
    AtomicLong widest = new AtomicLong();
    cluster.leader.behaviour =
        request -> {
          RequestId id = ((PutRequest) request).getRequestId();
          widest.accumulateAndGet(id.getSequence() - id.getFirstOutstanding() + 1, Math::max);
          if (received.incrementAndGet() == ANSWERS_MAX) {
            first.complete(cluster.leader.answer(request));
          }
          return id.getSequence() == 1 ? first : cluster.leader.answer(request);
        };

    List<CompletableFuture<PutResult>> puts =
        IntStream.range(0, ANSWERS_MAX + more)
            .mapToObj(i -> cluster.client.putAsync(KEY, KEY, PutOptions.DEFAULT))
            .toList();
    CompletableFuture.allOf(puts.toArray(CompletableFuture[]::new)).join();

    assertThat(received).hasValue(ANSWERS_MAX + more);
    assertThat(widest.get()).isEqualTo(ANSWERS_MAX);
  }

  @Test
  void aWriteThatIsGivenUpWhileItWaitsForRoomIsNotSentAndNotInTheWay() {
    CompletableFuture<Object> answer = new CompletableFuture<>();
    cluster.leader.behaviour = request -> answer;
    DeleteOptions large = DeleteOptions.DEFAULT.withReturnPrevious();
    List<CompletableFuture<DeleteResult>> sent =
        IntStream.range(0, 2).mapToObj(i -> delete(large)).toList();
    CompletableFuture<DeleteResult> tooMuch = delete(large);
    CompletableFuture<DeleteResult> small = delete(DeleteOptions.DEFAULT);

    tooMuch.cancel(true);
    while (cluster.count(DeleteRequest.class) < 3) {
      Thread.onSpinWait();
    }
    answer.complete(cluster.leader.answer(DeleteRequest.getDefaultInstance()));

    sent.forEach(CompletableFuture::join);
    assertThat(small.join().deleted()).isEqualTo(1);
    assertThat(cluster.count(DeleteRequest.class)).isEqualTo(3);
  }

  private CompletableFuture<DeleteResult> delete(DeleteOptions options) {
    return cluster.client.deleteAsync(KeyRange.prefix(KEY), options);
  }

  private static void join(CompletableFuture<PutResult> put) {
    try {
      put.join();
    } catch (CompletionException e) {
      throw (KvException) e.getCause();
    }
  }

  private static StatusRuntimeException expired() {
    return error(Code.FAILED_PRECONDITION, "SESSION_EXPIRED", "unknown", Map.of());
  }

  private static KvException failure(ThrowingCallable call) {
    KvException e = catchThrowableOfType(KvException.class, call);
    assertThat(e).isNotNull();
    return e;
  }
}
