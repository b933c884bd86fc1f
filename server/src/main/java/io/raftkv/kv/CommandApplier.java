package io.raftkv.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.raftkv.proto.peer.v1.CloseSessionCommand;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.DeleteCommand;
import io.raftkv.proto.peer.v1.ExpireCommand;
import io.raftkv.proto.peer.v1.KeepSessionCommand;
import io.raftkv.proto.peer.v1.OpenSessionCommand;
import io.raftkv.proto.peer.v1.PutCommand;
import io.raftkv.proto.peer.v1.SessionRefusal;
import io.raftkv.proto.peer.v1.StoredKeyValue;
import io.raftkv.raft.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each command does to the state: a pure function of both. Confined to the apply lane.
 *
 * <p>A command that this version does not know in full was written by a newer one. It stops the
 * member with an {@link IllegalStateException}: to skip it, or a field of it, would make replicas
 * differ.
 */
final class CommandApplier {
  static final int NO_CONDITION = 0;
  static final int IF_ABSENT = 1;
  static final int IF_REVISION = 2;

  private static final byte[] NO_RESULT = {};

  private final KvLimits limits;
  private final OnceApplier once;

  CommandApplier(KvLimits limits) {
    this.limits = limits;
    this.once = new OnceApplier(limits);
  }

  /** Applies the next entry and returns the bytes of its result, none for what is no command. */
  byte[] apply(KvState state, LogEntry entry) {
    // Decoded before anything changes: a refusal leaves the state as it was.
    Command command = entry.kind() == LogEntry.Kind.COMMAND ? decode(entry) : null;
    state.begin(entry.index(), entry.term(), entry.kind().code(), entry.clusterTimeMillis());
    if (entry.kind() == LogEntry.Kind.NO_OP) {
      // Every leader begins its term with one.
      state.renewSessions();
    }
    byte[] result = command == null ? NO_RESULT : result(state, command);
    state.end();
    return result;
  }

  private byte[] result(KvState state, Command command) {
    return command.hasRequestId()
        ? once.apply(state, command.getRequestId(), () -> run(state, command))
        : run(state, command).toByteArray();
  }

  private static Command decode(LogEntry entry) {
    Command command;
    try {
      command = Commands.decode(entry.data());
    } catch (IOException e) {
      throw new IllegalStateException("entry " + entry + " is not a command", e);
    }
    if (!isKnown(command)) {
      throw new IllegalStateException(
          "entry " + entry + " is a command that this version does not know");
    }
    return command;
  }

  /** Whether these bytes can be applied. For any thread. */
  static boolean isCommand(byte[] data) {
    try {
      return isKnown(Commands.decode(data));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isKnown(Command command) {
    boolean isKnown =
        switch (command.getOperationCase()) {
          case PUT ->
              hasNoUnknownField(command.getPut())
                  && command.getPut().getCondition() >= NO_CONDITION
                  && command.getPut().getCondition() <= IF_REVISION;
          case DELETE -> hasNoUnknownField(command.getDelete());
          case COMPACT -> hasNoUnknownField(command.getCompact());
          case EXPIRE -> hasNoUnknownField(command.getExpire());
          case OPEN_SESSION ->
              hasNoUnknownField(command.getOpenSession())
                  && command.getOpenSession().getTtlMillis() > 0;
          case KEEP_SESSION -> hasNoUnknownField(command.getKeepSession());
          case CLOSE_SESSION -> hasNoUnknownField(command.getCloseSession());
          case EXPIRE_SESSIONS -> hasNoUnknownField(command.getExpireSessions());
          case OPERATION_NOT_SET -> false;
        };
    boolean isMarkKnown =
        !command.hasRequestId()
            || ((command.hasPut() || command.hasDelete())
                && hasNoUnknownField(command.getRequestId()));
    return isKnown && isMarkKnown && hasNoUnknownField(command);
  }

  private static boolean hasNoUnknownField(Message message) {
    return message.getUnknownFields().asMap().isEmpty();
  }

  private CommandResult run(KvState state, Command command) {
    CommandResult.Builder result = CommandResult.newBuilder();
    switch (command.getOperationCase()) {
      case PUT -> put(state, command.getPut(), result);
      case DELETE -> delete(state, command.getDelete(), result);
      case COMPACT -> state.compact(command.getCompact().getRevision(), limits);
      case EXPIRE -> expire(state, command.getExpire(), result);
      case OPEN_SESSION -> openSession(state, command.getOpenSession(), result);
      case KEEP_SESSION -> keepSession(state, command.getKeepSession(), result);
      case CLOSE_SESSION -> closeSession(state, command.getCloseSession(), result);
      case EXPIRE_SESSIONS -> result.setDeleted(state.expireSessions(limits.expireKeysMax()));
      case OPERATION_NOT_SET -> throw new IllegalStateException("refused before");
    }
    return result.setRevision(state.revision()).build();
  }

  private void put(KvState state, PutCommand put, CommandResult.Builder result) {
    byte[] key = put.getKey().toByteArray();
    Version newest = state.newest(key);
    Version live = newest == null || newest.isTombstone() ? null : newest;
    long standing = live == null ? 0 : live.modRevision;
    boolean holds =
        switch (put.getCondition()) {
          case IF_ABSENT -> live == null;
          case IF_REVISION -> standing == put.getIfRevision();
          default -> true;
        };
    if (!holds) {
      result.setConditionFailed(true).setConditionModRevision(standing);
      return;
    }
    SessionRefusal refusal = refusal(state, put.getSessionId(), live);
    if (refusal != SessionRefusal.SESSION_REFUSAL_NONE) {
      result.setSessionRefusal(refusal);
      return;
    }
    if (put.getReturnPrevious() && live != null) {
      result.addPrevious(stored(live.of(key)));
    }
    state.nextRevision();
    long expiryMillis = expiryMillis(state, put.getTtlMillis());
    state.put(key, newest, put.getValue().toByteArray(), expiryMillis, put.getSessionId());
  }

  /** Why a key cannot be attached to a session. Its end deletes no more than one delete may. */
  private SessionRefusal refusal(KvState state, long sessionId, @Nullable Version live) {
    if (sessionId == 0) {
      return SessionRefusal.SESSION_REFUSAL_NONE;
    }
    Session session = state.session(sessionId);
    if (session == null) {
      return state.wasSessionOpened(sessionId)
          ? SessionRefusal.ATTACHED_TO_ENDED_SESSION
          : SessionRefusal.ATTACHED_TO_UNKNOWN_SESSION;
    }
    boolean isOneMore = live == null || live.sessionId() != sessionId;
    return isOneMore && session.keys() >= limits.deleteKeysMax()
        ? SessionRefusal.TOO_MANY_ATTACHED
        : SessionRefusal.SESSION_REFUSAL_NONE;
  }

  /** 0 without a time to live; never beyond the end of time. */
  private static long expiryMillis(KvState state, long ttlMillis) {
    if (ttlMillis <= 0) {
      return 0;
    }
    long now = state.clusterTimeMillis();
    return ttlMillis > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + ttlMillis;
  }

  private void delete(KvState state, DeleteCommand delete, CommandResult.Builder result) {
    if (delete.getSingle()) {
      deleteSingle(state, delete, result);
      return;
    }
    List<KeyVersion> found = find(state, delete);
    if (found == null) {
      result.setTooMany(true);
      return;
    }
    if (found.isEmpty()) {
      return;
    }
    state.nextRevision();
    for (KeyVersion one : found) {
      deleteLive(state, one.key());
      if (delete.getReturnPrevious()) {
        result.addPrevious(stored(one));
      }
    }
    result.setDeleted(found.size());
  }

  private static void deleteSingle(
      KvState state, DeleteCommand delete, CommandResult.Builder result) {
    byte[] key = delete.getStart().toByteArray();
    Version live = state.live(key);
    long standing = live == null ? 0 : live.modRevision;
    if (delete.hasIfRevision() && delete.getIfRevision() != standing) {
      result.setConditionFailed(true).setConditionModRevision(standing);
      return;
    }
    if (live == null) {
      return;
    }
    if (delete.getReturnPrevious()) {
      result.addPrevious(stored(live.of(key)));
    }
    state.nextRevision();
    state.delete(key, live);
    result.setDeleted(1);
  }

  /** What a range delete would delete, in key order; null if that is more than is allowed. */
  private @Nullable List<KeyVersion> find(KvState state, DeleteCommand delete) {
    KeyRange range =
        KeyRange.of(
            delete.getStart().toByteArray(),
            delete.hasEnd() ? delete.getEnd().toByteArray() : null);
    long wanted = delete.getLimit() <= 0 ? Long.MAX_VALUE : delete.getLimit();
    long previousBytes = 0;
    List<KeyVersion> found = new ArrayList<>();
    TreeCursor<byte[]> cursor = state.liveKeys(range);
    while (found.size() < wanted && cursor.next()) {
      KeyVersion one = existing(state, cursor.key()).of(cursor.key());
      previousBytes += one.key().length + one.value().length;
      if (found.size() == limits.deleteKeysMax()
          || (delete.getReturnPrevious() && previousBytes > limits.previousBytesMax())) {
        return null;
      }
      found.add(one);
    }
    return found;
  }

  private void expire(KvState state, ExpireCommand expire, CommandResult.Builder result) {
    int limit =
        expire.getLimit() <= 0
            ? limits.expireKeysMax()
            : Math.min(expire.getLimit(), limits.expireKeysMax());
    List<byte[]> due = state.due(limit);
    if (due.isEmpty()) {
      return;
    }
    state.nextRevision();
    for (byte[] key : due) {
      deleteLive(state, key);
    }
    result.setDeleted(due.size());
  }

  private void openSession(KvState state, OpenSessionCommand open, CommandResult.Builder result) {
    if (state.sessions() >= limits.sessionsMax()) {
      result.setSessionRefusal(SessionRefusal.TOO_MANY_SESSIONS);
      return;
    }
    Session session = state.openSession(open.getName(), open.getTtlMillis());
    result.setSessionId(session.id()).setSessionTtlMillis(session.ttlMillis());
  }

  private static void keepSession(
      KvState state, KeepSessionCommand keep, CommandResult.Builder result) {
    Session session = state.session(keep.getSessionId());
    if (session == null) {
      result.setSessionRefusal(OnceApplier.whyNotOpen(state, keep.getSessionId()));
      return;
    }
    state.sessionHeard(session, keep.getFirstOutstanding());
    result.setSessionTtlMillis(session.ttlMillis());
  }

  private static void closeSession(
      KvState state, CloseSessionCommand close, CommandResult.Builder result) {
    Session session = state.session(close.getSessionId());
    if (session == null) {
      result.setSessionRefusal(OnceApplier.whyNotOpen(state, close.getSessionId()));
      return;
    }
    state.closeSession(session);
  }

  private static void deleteLive(KvState state, byte[] key) {
    state.delete(key, existing(state, key));
  }

  private static Version existing(KvState state, byte[] key) {
    Version live = state.live(key);
    if (live == null) {
      throw new IllegalStateException("a key to delete does not exist");
    }
    return live;
  }

  private static StoredKeyValue stored(KeyVersion version) {
    ByteString key = Commands.wrap(version.key());
    return StoredKeyValue.newBuilder()
        .setKey(key)
        .setValue(Commands.wrap(version.value()))
        .setCreateRevision(version.createRevision())
        .setModRevision(version.modRevision())
        .setVersion(version.version())
        .setSessionId(version.sessionId())
        .build();
  }
}
