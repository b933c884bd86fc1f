package io.raftkv.kv;

import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.RequestId;
import io.raftkv.proto.peer.v1.SessionRefusal;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongToIntFunction;
import java.util.function.Supplier;

/** What sessions should do, written for clarity. */
final class NaiveSessions {
  static final class Open {
    final String name;
    final long ttlMillis;
    long heardMillis;
    long first = 1;
    final TreeMap<Long, byte[]> results = new TreeMap<>();

    Open(String name, long ttlMillis, long heardMillis) {
      this.name = name;
      this.ttlMillis = ttlMillis;
      this.heardMillis = heardMillis;
    }

    void heard(long firstOutstanding, long nowMillis) {
      heardMillis = nowMillis;
      first = Math.max(first, firstOutstanding);
      results.headMap(first).clear();
    }

    long bytes() {
      return results.values().stream().mapToLong(result -> 64 + result.length).sum();
    }
  }

  private final KvLimits limits;
  final TreeMap<Long, Open> open = new TreeMap<>();
  private long lastId;

  NaiveSessions(KvLimits limits) {
    this.limits = limits;
  }

  void termBegins(long nowMillis) {
    open.values().forEach(session -> session.heardMillis = nowMillis);
  }

  byte[] once(RequestId id, long nowMillis, long revision, Supplier<byte[]> write) {
    CommandResult.Builder refused = CommandResult.newBuilder().setRevision(revision);
    Open session = open.get(id.getSessionId());
    if (session == null) {
      return refused.setSessionRefusal(whyNot(id.getSessionId())).build().toByteArray();
    }
    session.heard(id.getFirstOutstanding(), nowMillis);
    if (id.getSequence() < session.first) {
      return refused.setSessionRefusal(SessionRefusal.SEQUENCE_TOO_OLD).build().toByteArray();
    }
    byte[] known = session.results.get(id.getSequence());
    if (known != null) {
      return known;
    }
    if (session.results.size() >= limits.sessionResultsMax()
        || session.bytes() >= limits.sessionResultBytesMax()
        || open.values().stream().mapToLong(Open::bytes).sum() >= limits.resultBytesMax()) {
      return refused.setSessionRefusal(SessionRefusal.TOO_MANY_RESULTS).build().toByteArray();
    }
    byte[] result = write.get();
    session.results.put(id.getSequence(), result);
    return result;
  }

  /** Returns whether the command was one of sessions. */
  boolean apply(
      Command command, long nowMillis, LongToIntFunction keys, CommandResult.Builder result) {
    switch (command.getOperationCase()) {
      case OPEN_SESSION -> {
        if (open.size() >= limits.sessionsMax()) {
          result.setSessionRefusal(SessionRefusal.TOO_MANY_SESSIONS);
          return true;
        }
        long ttlMillis = command.getOpenSession().getTtlMillis();
        open.put(++lastId, new Open(command.getOpenSession().getName(), ttlMillis, nowMillis));
        result.setSessionId(lastId).setSessionTtlMillis(ttlMillis);
      }
      case KEEP_SESSION -> {
        Open session = open.get(command.getKeepSession().getSessionId());
        if (session == null) {
          result.setSessionRefusal(whyNot(command.getKeepSession().getSessionId()));
          return true;
        }
        session.heard(command.getKeepSession().getFirstOutstanding(), nowMillis);
        result.setSessionTtlMillis(session.ttlMillis);
      }
      case CLOSE_SESSION -> {
        long id = command.getCloseSession().getSessionId();
        if (open.remove(id) == null) {
          result.setSessionRefusal(whyNot(id));
        }
      }
      case EXPIRE_SESSIONS -> expire(nowMillis, keys, result);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void expire(long nowMillis, LongToIntFunction keys, CommandResult.Builder result) {
    List<Long> ended = new ArrayList<>();
    int work = 0;
    for (var entry : open.entrySet()) {
      Open session = entry.getValue();
      if (work < limits.expireKeysMax() && session.heardMillis + session.ttlMillis <= nowMillis) {
        ended.add(entry.getKey());
        work += 1 + session.results.size() + keys.applyAsInt(entry.getKey());
      }
    }
    open.keySet().removeAll(ended);
    result.setDeleted(ended.size());
  }

  SessionRefusal whyNot(long id) {
    return id >= 1 && id <= lastId ? SessionRefusal.ENDED_SESSION : SessionRefusal.UNKNOWN_SESSION;
  }

  /**
   * @param keys how many are attached to a session
   */
  List<SessionInfo> shown(LongToIntFunction keys) {
    List<SessionInfo> shown = new ArrayList<>();
    open.forEach(
        (id, session) ->
            shown.add(
                new SessionInfo(
                    id,
                    session.name,
                    session.ttlMillis,
                    session.heardMillis,
                    session.results.size(),
                    keys.applyAsInt(id))));
    return shown;
  }
}
