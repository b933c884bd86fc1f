package io.raftkv.kv;

import static io.raftkv.kv.Machines.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.SessionRefusal;
import io.raftkv.raft.LogEntry;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Keys that go when their session ends. */
class AttachedKeysTest {
  private final Machines store = new Machines(Machines.SMALL);

  @Test
  void theEndOfTheSessionDeletesItsKeysAtOneRevision() {
    long session = open(1_000);
    long other = open(1_000);
    put("a", session);
    put("b", 0);
    put("c", session);
    put("d", other);
    long before = store.view().revision();

    CommandResult closed = store.run(Commands.closeSession(session));

    assertThat(closed.getRevision()).isEqualTo(before + 1);
    assertThat(keys()).containsExactly("b", "d");
    assertThat(store.view().get(bytes("a"), before)).map(KeyVersion::sessionId).contains(session);
  }

  @Test
  void aSessionWithoutKeysMakesNoRevisionWhenItEnds() {
    long session = open(1_000);
    put("a", session);
    store.run(Commands.delete(bytes("a")));
    long before = store.view().revision();

    assertThat(store.run(Commands.closeSession(session)).getRevision()).isEqualTo(before);
  }

  @Test
  void sessionsThatExpireTogetherDeleteAtOneRevision() {
    put("a", open(10));
    put("b", open(20));
    put("c", open(1_000));
    long before = store.view().revision();
    store.timeMillis += 20;

    CommandResult expired = store.run(Commands.expireSessions());

    assertThat(expired.getDeleted()).isEqualTo(2);
    assertThat(expired.getRevision()).isEqualTo(before + 1);
    assertThat(keys()).containsExactly("c");
  }

  @Test
  void oneExpiryEndsSessionsUntilEnoughHasGone() {
    long first = open(10);
    put("a", first);
    put("b", first);
    put("c", open(10));
    store.timeMillis += 10;

    // A session and two keys: as much as one command may do here.
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isEqualTo(1);
    assertThat(keys()).containsExactly("c");
    assertThat(store.run(Commands.expireSessions()).getDeleted()).isEqualTo(1);
    assertThat(keys()).isEmpty();
  }

  @Test
  void aLaterPutDetachesOrMovesTheKey() {
    long first = open(1_000);
    long second = open(1_000);
    put("a", first);
    put("b", first);
    put("a", 0);
    put("b", second);

    store.run(Commands.closeSession(first));
    assertThat(keys()).containsExactly("a", "b");

    store.run(Commands.closeSession(second));
    assertThat(keys()).containsExactly("a");
  }

  @Test
  void aKeyThatExpiredIsAttachedNoMore() {
    long session = open(1_000);
    store.run(put("a", session, 5, null));
    store.timeMillis += 5;
    store.run(Commands.expire(0));
    put("a", 0);

    store.run(Commands.closeSession(session));

    assertThat(keys()).containsExactly("a");
  }

  @Test
  void whatIsNotOpenGetsNoKey() {
    long session = open(1_000);
    store.run(Commands.closeSession(session));

    assertThat(put("a", session).getSessionRefusal())
        .isEqualTo(SessionRefusal.ATTACHED_TO_ENDED_SESSION);
    assertThat(put("a", session + 1).getSessionRefusal())
        .isEqualTo(SessionRefusal.ATTACHED_TO_UNKNOWN_SESSION);
    assertThat(store.view().revision()).isZero();
  }

  @Test
  void aSessionHasNoMoreKeysThanOneCommandMayDelete() {
    long session = open(1_000);
    int most = Machines.SMALL.deleteKeysMax();
    for (int i = 0; i < most; i++) {
      put("k" + i, session);
    }

    assertThat(put("one more", session).getSessionRefusal())
        .isEqualTo(SessionRefusal.TOO_MANY_ATTACHED);
    assertThat(put("k0", session).getSessionRefusal())
        .isEqualTo(SessionRefusal.SESSION_REFUSAL_NONE);
    assertThat(store.view().sessions(0, 1).get(0).keys()).isEqualTo(most);
  }

  @Test
  void theWriteMayBeOneOfTheVerySession() {
    long session = open(1_000);
    CommandResult first = store.run(put("a", session, 0, new RequestId(session, 1, 1)));

    assertThat(store.run(put("a", session, 0, new RequestId(session, 1, 1)))).isEqualTo(first);
    SessionInfo shown = store.view().sessions(0, 1).get(0);
    assertThat(shown.keys()).isEqualTo(1);
    assertThat(shown.results()).isEqualTo(1);
    store.run(Commands.closeSession(session));
    assertThat(keys()).isEmpty();
  }

  @Test
  void aSnapshotKeepsThemAttached() throws Exception {
    long session = open(1_000);
    put("a", session);
    put("a", 0);
    put("a", session);
    put("b", 0);
    byte[] snapshot = Machines.snapshot(store.machine);

    KvStateMachine restored = Machines.restored(snapshot, Machines.SMALL);
    assertThat(Machines.snapshot(restored)).isEqualTo(snapshot);
    assertThat(restored.view().sessions(0, 1).get(0).keys()).isEqualTo(1);

    LogEntry close =
        new LogEntry(
            restored.appliedIndex() + 1,
            1,
            LogEntry.Kind.COMMAND,
            store.timeMillis,
            Commands.closeSession(session));
    restored.apply(List.of(close));
    assertThat(Machines.all(restored.view(), 0))
        .extracting(kv -> Machines.text(kv.key()))
        .containsExactly("b");
  }

  @Test
  void whatWasDeletedIsReturnedWithItsSession() {
    long session = open(1_000);
    put("a", session);

    CommandResult deleted =
        store.run(Commands.delete(ByteString.copyFromUtf8("a"), OptionalLong.empty(), true, null));

    assertThat(deleted.getPrevious(0).getSessionId()).isEqualTo(session);
    assertThat(store.view().sessions(0, 1).get(0).keys()).isZero();
  }

  private long open(long ttlMillis) {
    return store.run(Commands.openSession("test", ttlMillis)).getSessionId();
  }

  private CommandResult put(String key, long session) {
    return store.run(put(key, session, 0, null));
  }

  private static byte[] put(
      String key, long session, long ttlMillis, @Nullable RequestId requestId) {
    return Commands.put(
        ByteString.copyFromUtf8(key),
        ByteString.copyFromUtf8("v"),
        Commands.PutCondition.NONE,
        ttlMillis,
        false,
        session,
        requestId);
  }

  private List<String> keys() {
    return Machines.all(store.view(), 0).stream().map(kv -> Machines.text(kv.key())).toList();
  }
}
