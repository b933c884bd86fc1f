package io.raftkv.kv;

import static io.raftkv.kv.Machines.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.ExpireCommand;
import io.raftkv.proto.peer.v1.SessionRefusal;
import io.raftkv.raft.LogEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Raft thesis 6.3. */
class SessionsTest {
  private Machines store = new Machines(Machines.SMALL);

  @Test
  void aRepeatedWriteGetsTheFirstResultAndHasNoEffect() {
    long session = open(1_000);
    byte[] first = raw(put("a", "1", session, 1, 1));
    store.run(Commands.put(bytes("a"), bytes("other")));
    long revision = store.view().revision();

    byte[] repeated = raw(put("a", "1", session, 1, 1));

    assertThat(repeated).isEqualTo(first);
    assertThat(store.view().revision()).isEqualTo(revision);
    assertThat(shown("a").value()).isEqualTo(bytes("other"));
  }

  @Test
  void aFailedConditionIsAResultThatIsKept() {
    long session = open(1_000);
    store.run(Commands.put(bytes("a"), bytes("1")));
    byte[] ifAbsent = putIfAbsent("a", session, 1);
    byte[] failed = raw(ifAbsent);
    store.run(Commands.delete(bytes("a")));

    byte[] repeated = raw(ifAbsent);

    assertThat(Commands.decodeResult(failed).getConditionFailed()).isTrue();
    assertThat(repeated).isEqualTo(failed);
    assertThat(store.view().get(bytes("a"), 0)).isEmpty();
  }

  @Test
  void aRepeatedDeleteAnswersWhatTheFirstOneDeleted() {
    long session = open(1_000);
    store.run(Commands.put(bytes("a"), bytes("1")));
    byte[] delete =
        Commands.delete(KeyRange.prefix(bytes("a")), 0, true, new RequestId(session, 1, 1));
    CommandResult first = store.run(delete);
    store.run(Commands.put(bytes("a"), bytes("2")));

    CommandResult repeated = store.run(delete);

    assertThat(first.getPrevious(0).getValue().toStringUtf8()).isEqualTo("1");
    assertThat(repeated).isEqualTo(first);
    assertThat(shown("a").value()).isEqualTo(bytes("2"));
  }

  @Test
  void sequencesOfTheWindowMayComeInAnyOrder() {
    long session = open(1_000);

    assertThat(store.run(put("a", "3", session, 3, 1)).getRevision()).isEqualTo(1);
    assertThat(store.run(put("a", "1", session, 1, 1)).getRevision()).isEqualTo(2);
    assertThat(store.run(put("a", "2", session, 2, 1)).getRevision()).isEqualTo(3);
    assertThat(store.run(put("a", "3", session, 3, 1)).getRevision()).isEqualTo(1);
  }

  @Test
  void whatIsBelowTheFirstOutstandingIsForgottenAndNeverAppliedAgain() {
    long session = open(1_000);
    store.run(put("a", "1", session, 1, 1));
    store.run(put("a", "2", session, 2, 2));
    assertThat(results(session)).isEqualTo(1);

    CommandResult late = store.run(put("a", "1", session, 1, 1));

    assertThat(late.getSessionRefusal()).isEqualTo(SessionRefusal.SEQUENCE_TOO_OLD);
    assertThat(shown("a").value()).isEqualTo(bytes("2"));
  }

  @Test
  void theFirstOutstandingItselfIsStillKept() {
    long session = open(1_000);
    CommandResult first = store.run(put("a", "1", session, 1, 1));
    store.run(put("a", "2", session, 2, 1));

    assertThat(store.run(put("a", "1", session, 1, 1))).isEqualTo(first);
  }

  @Test
  void aLateRequestDoesNotOpenTheWindowAgain() {
    long session = open(1_000);
    store.run(put("a", "5", session, 5, 5));

    assertThat(store.run(put("a", "4", session, 4, 0)).getSessionRefusal())
        .isEqualTo(SessionRefusal.SEQUENCE_TOO_OLD);
    assertThat(store.run(put("a", "4", session, 4, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.SEQUENCE_TOO_OLD);
  }

  @Test
  void aSessionThatNeverWasIsUnknownAndOneThatWasHasEnded() {
    long session = open(1_000);
    store.run(Commands.closeSession(session));

    assertThat(store.run(put("a", "1", session, 1, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.ENDED_SESSION);
    assertThat(store.run(put("a", "1", session + 1, 1, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.UNKNOWN_SESSION);
    assertThat(store.run(Commands.keepSession(session, 0)).getSessionRefusal())
        .isEqualTo(SessionRefusal.ENDED_SESSION);
    assertThat(store.run(Commands.closeSession(session)).getSessionRefusal())
        .isEqualTo(SessionRefusal.ENDED_SESSION);
    assertThat(store.view().keys()).isZero();
    assertThat(store.view().revision()).isZero();
  }

  @Test
  void idsAreNeverGivenAgain() throws IOException {
    long first = open(1_000);
    store.run(Commands.closeSession(first));
    KvStateMachine restored = Machines.restored(Machines.snapshot(store.machine), Machines.SMALL);

    LogEntry entry =
        new LogEntry(
            restored.appliedIndex() + 1,
            1,
            LogEntry.Kind.COMMAND,
            store.timeMillis,
            Commands.openSession("s", 1_000));
    CommandResult opened = Commands.decodeResult(restored.apply(List.of(entry)).get(0));

    assertThat(opened.getSessionId()).isNotEqualTo(first);
  }

  @Test
  void onlyAnEntryExpiresASessionAndOnlyByItsOwnTime() {
    long session = open(1_000);
    store.timeMillis += 999;
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isZero();

    store.timeMillis += 1;
    assertThat(store.run(put("a", "1", session, 1, 1)).getRevision()).isEqualTo(1);
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isZero();

    store.timeMillis += 1_000;
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isEqualTo(1);
    assertThat(store.run(put("a", "2", session, 2, 2)).getSessionRefusal())
        .isEqualTo(SessionRefusal.ENDED_SESSION);
    assertThat(shown("a").value()).isEqualTo(bytes("1"));
    assertThat(store.view().sessionResultBytes()).isZero();
  }

  @Test
  void keepingASessionAliveGivesItsWholeTimeAgain() {
    long session = open(1_000);
    store.timeMillis += 900;
    store.run(Commands.keepSession(session, 0));
    store.timeMillis += 900;

    assertThat(store.run(Commands.expireSessions()).getDeleted()).isZero();
    assertThat(store.view().nextSessionExpiryMillis()).hasValue(1_000 + 900 + 1_000);
  }

  /**
   * What the leader before heard may not be in the log yet, and its clients look for the new one.
   */
  @Test
  void aNewTermGivesEverySessionItsWholeTimeAgain() {
    open(1_000);
    store.timeMillis += 999;
    LogEntry noOp =
        new LogEntry(store.log.size() + 1, 2, LogEntry.Kind.NO_OP, store.timeMillis, new byte[0]);
    store.log.add(noOp);
    store.machine.apply(List.of(noOp));

    store.timeMillis += 999;
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isZero();
    store.timeMillis += 1;
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isEqualTo(1);
  }

  @Test
  void sessionsThatExpireTogetherGoInBoundedParts() {
    store = new Machines(KvLimits.DEFAULT);
    for (int i = 0; i < KvLimits.DEFAULT.expireKeysMax() + 1; i++) {
      open(10);
    }
    store.timeMillis += 10;

    assertThat(store.run(Commands.expireSessions()).getDeleted())
        .isEqualTo(KvLimits.DEFAULT.expireKeysMax());
    assertThat(store.view().nextSessionExpiryMillis()).hasValue(store.timeMillis);
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isEqualTo(1);
    assertThat(store.view().nextSessionExpiryMillis()).isEmpty();
  }

  @Test
  void sessionsAreBounded() {
    for (int i = 0; i < Machines.SMALL.sessionsMax(); i++) {
      open(1_000);
    }

    CommandResult refused = store.run(Commands.openSession("one more", 1_000));

    assertThat(refused.getSessionRefusal()).isEqualTo(SessionRefusal.TOO_MANY_SESSIONS);
    assertThat(refused.getSessionId()).isZero();
    assertThat(store.view().sessionCount()).isEqualTo(Machines.SMALL.sessionsMax());
  }

  @Test
  void resultsOfASessionAreBoundedAndARefusedWriteMayComeAgain() {
    long session = open(1_000);
    int max = Machines.SMALL.sessionResultsMax();
    for (int sequence = 1; sequence <= max; sequence++) {
      store.run(put("a", "" + sequence, session, sequence, 1));
    }

    CommandResult refused = store.run(put("a", "more", session, max + 1, 1));
    CommandResult repeated = store.run(put("a", "1", session, 1, 1));
    CommandResult again = store.run(put("a", "more", session, max + 1, 2));

    assertThat(refused.getSessionRefusal()).isEqualTo(SessionRefusal.TOO_MANY_RESULTS);
    assertThat(refused.getRevision()).isEqualTo(max);
    assertThat(repeated.getRevision()).isEqualTo(1);
    assertThat(again.getRevision()).isEqualTo(max + 1);
  }

  @Test
  void bytesOfResultsAreBoundedPerSessionAndForAll() {
    store.run(Commands.put(bytes("a"), new byte[450]));
    long session = open(1_000);
    long other = open(1_000);
    store.run(returningPrevious("a", session, 1));

    assertThat(store.run(put("b", "1", session, 2, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.TOO_MANY_RESULTS);
    store.run(Commands.put(bytes("a"), new byte[450]));
    store.run(returningPrevious("a", other, 1));
    long third = open(1_000);
    assertThat(store.run(put("b", "1", third, 1, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.TOO_MANY_RESULTS);

    store.run(Commands.closeSession(other));
    assertThat(store.run(put("b", "1", third, 1, 1)).getSessionRefusal())
        .isEqualTo(SessionRefusal.SESSION_REFUSAL_NONE);
  }

  @Test
  void keepingAliveAlsoForgetsWhatTheClientHas() {
    long session = open(1_000);
    store.run(put("a", "1", session, 1, 1));

    store.run(Commands.keepSession(session, 2));

    assertThat(results(session)).isZero();
    assertThat(store.view().sessionResultBytes()).isZero();
  }

  @Test
  void sessionsAndTheirResultsAreInTheSnapshot() throws IOException {
    long session = open(1_000);
    CommandResult first = store.run(put("a", "1", session, 1, 1));
    store.run(put("a", "2", session, 2, 1));
    store.run(put("a", "3", session, 4, 2));
    byte[] snapshot = Machines.snapshot(store.machine);

    KvStateMachine restored = Machines.restored(snapshot, Machines.SMALL);

    assertThat(Machines.snapshot(restored)).isEqualTo(snapshot);
    assertThat(restored.stateHash()).isEqualTo(store.machine.stateHash());
    assertThat(restored.view().sessions(0, 10)).isEqualTo(store.view().sessions(0, 10));
    long revision = restored.view().revision();
    LogEntry repeated =
        new LogEntry(
            restored.appliedIndex() + 1,
            1,
            LogEntry.Kind.COMMAND,
            store.timeMillis,
            put("a", "2", session, 2, 1));
    assertThat(Commands.decodeResult(restored.apply(List.of(repeated)).get(0)).getRevision())
        .isEqualTo(first.getRevision() + 1);
    assertThat(restored.view().revision()).isEqualTo(revision);
  }

  @Test
  void aViewShowsTheSessionsAsTheyWere() {
    long session = open(1_000);
    KvView before = store.view();
    byte[] snapshot = Machines.snapshot(store.machine);
    var frozen = store.machine.freeze();

    store.run(put("a", "1", session, 1, 1));
    store.run(Commands.closeSession(session));
    open(5);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      frozen.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }

    assertThat(before.sessions(0, 10))
        .containsExactly(new SessionInfo(session, "test", 1_000, 1_000, 0, 0));
    assertThat(out.toByteArray()).isEqualTo(snapshot);
  }

  @Test
  void theListGoesOnAfterAnId() {
    long first = open(1_000);
    long second = open(1_000);
    long third = open(1_000);

    assertThat(store.view().sessions(first, 1)).extracting(SessionInfo::id).containsExactly(second);
    assertThat(store.view().sessions(second, 5)).extracting(SessionInfo::id).containsExactly(third);
    assertThat(store.view().sessions(third, 5)).isEmpty();
  }

  @Test
  void timeToLiveBeyondTheEndOfTimeNeverExpires() {
    open(Long.MAX_VALUE);
    store.timeMillis = Long.MAX_VALUE - 1;

    assertThat(store.run(Commands.expireSessions()).getDeleted()).isZero();
    assertThat(store.view().nextSessionExpiryMillis()).isEmpty();
  }

  @Test
  void onlyWritesOfKeysAreMarked() {
    byte[] marked =
        Command.newBuilder()
            .setExpire(ExpireCommand.getDefaultInstance())
            .setRequestId(io.raftkv.proto.peer.v1.RequestId.getDefaultInstance())
            .build()
            .toByteArray();

    assertThat(Commands.isCommand(marked)).isFalse();
    assertThat(Commands.isCommand(Commands.openSession("s", 1))).isTrue();
    assertThatThrownBy(() -> Commands.openSession("s", 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private long open(long ttlMillis) {
    CommandResult opened = store.run(Commands.openSession("test", ttlMillis));
    assertThat(opened.getSessionTtlMillis()).isEqualTo(ttlMillis);
    return opened.getSessionId();
  }

  private byte[] raw(byte[] command) {
    LogEntry entry =
        new LogEntry(store.log.size() + 1, 1, LogEntry.Kind.COMMAND, store.timeMillis, command);
    store.log.add(entry);
    return store.machine.apply(List.of(entry)).get(0);
  }

  private static byte[] put(String key, String value, long session, long sequence, long first) {
    return Commands.put(
        ByteString.copyFromUtf8(key),
        ByteString.copyFromUtf8(value),
        Commands.PutCondition.NONE,
        0,
        false,
        new RequestId(session, sequence, first));
  }

  private static byte[] putIfAbsent(String key, long session, long sequence) {
    return Commands.put(
        ByteString.copyFromUtf8(key),
        ByteString.EMPTY,
        Commands.PutCondition.IF_ABSENT,
        0,
        false,
        new RequestId(session, sequence, 1));
  }

  private static byte[] returningPrevious(String key, long session, long sequence) {
    return Commands.put(
        ByteString.copyFromUtf8(key),
        ByteString.EMPTY,
        Commands.PutCondition.NONE,
        0,
        true,
        new RequestId(session, sequence, 1));
  }

  private int results(long session) {
    return store.view().sessions(session - 1, 1).get(0).results();
  }

  private KeyVersion shown(String key) {
    return store.view().get(bytes(key), 0).orElseThrow();
  }

  @Test
  void aConditionalDeleteIsKeptToo() {
    long session = open(1_000);
    byte[] delete =
        Commands.delete(
            ByteString.copyFromUtf8("a"), OptionalLong.of(7), false, new RequestId(session, 1, 1));

    CommandResult failed = store.run(delete);
    store.run(Commands.put(bytes("a"), bytes("1")));

    assertThat(failed.getConditionFailed()).isTrue();
    assertThat(store.run(delete)).isEqualTo(failed);
  }
}
