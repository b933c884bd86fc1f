package io.raftkv.kv;

import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.DeleteCommand;
import io.raftkv.proto.peer.v1.PutCommand;
import io.raftkv.proto.peer.v1.SessionRefusal;
import io.raftkv.proto.peer.v1.StoredKeyValue;
import io.raftkv.raft.LogEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** What the state machine should do, written for clarity: a whole map for each revision. */
final class NaiveStore {
  record Cell(KeyVersion shown, long expiryMillis) {}

  private final KvLimits limits;
  final NaiveSessions sessions;

  /** By revision; the last is the present. */
  final List<TreeMap<byte[], Cell>> revisions = new ArrayList<>();

  long compacted;
  long timeMillis;

  NaiveStore(KvLimits limits) {
    this.limits = limits;
    this.sessions = new NaiveSessions(limits);
    revisions.add(new TreeMap<>(Arrays::compareUnsigned));
  }

  long revision() {
    return revisions.size() - 1;
  }

  TreeMap<byte[], Cell> now() {
    return revisions.get(revisions.size() - 1);
  }

  byte[] apply(LogEntry entry) throws Exception {
    timeMillis = Math.max(timeMillis, entry.clusterTimeMillis());
    if (entry.kind() == LogEntry.Kind.NO_OP) {
      sessions.termBegins(timeMillis);
    }
    if (entry.kind() != LogEntry.Kind.COMMAND) {
      return new byte[0];
    }
    Command command = Command.parseFrom(entry.data());
    return command.hasRequestId()
        ? sessions.once(command.getRequestId(), timeMillis, revision(), () -> run(command))
        : run(command);
  }

  private byte[] run(Command command) {
    CommandResult.Builder result = CommandResult.newBuilder();
    if (command.hasPut()) {
      put(command.getPut(), result);
    } else if (command.hasDelete()) {
      delete(command.getDelete(), result);
    } else if (command.hasCompact()) {
      compact(Math.min(revision(), command.getCompact().getRevision()));
    } else if (sessions.apply(command, timeMillis, this::attached, result)) {
      removeWithTheirSessions();
    } else {
      expire(command.getExpire().getLimit(), result);
    }
    return result.setRevision(revision()).build().toByteArray();
  }

  /** How many keys are attached to a session. */
  int attached(long session) {
    return (int)
        now().values().stream().filter(cell -> cell.shown().sessionId() == session).count();
  }

  private void removeWithTheirSessions() {
    List<Cell> doomed =
        now().values().stream()
            .filter(cell -> cell.shown().sessionId() != 0)
            .filter(cell -> !sessions.open.containsKey(cell.shown().sessionId()))
            .toList();
    remove(doomed, CommandResult.newBuilder());
  }

  private void compact(long to) {
    int versions = 0;
    long bytes = 0;
    while (compacted < to) {
      boolean isEnough =
          versions >= limits.compactVersionsMax() || bytes >= limits.compactBytesMax();
      int forgotten = superseded(compacted + 1).size();
      if (isEnough && forgotten > 0) {
        return;
      }
      compacted++;
      versions += forgotten;
      bytes += historyBytes(compacted);
    }
  }

  /** What existed before this revision and no longer does, or has another value. */
  private List<KeyVersion> superseded(long revision) {
    TreeMap<byte[], Cell> after = revisions.get((int) revision);
    return revisions.get((int) revision - 1).values().stream()
        .map(Cell::shown)
        .filter(
            old ->
                !after.containsKey(old.key())
                    || after.get(old.key()).shown().modRevision() != old.modRevision())
        .toList();
  }

  private long historyBytes(long revision) {
    TreeMap<byte[], Cell> after = revisions.get((int) revision);
    return superseded(revision).stream()
        .mapToLong(
            old ->
                Superseded.VERSION_BYTES
                    + old.value().length
                    + (after.containsKey(old.key())
                        ? 0
                        : Superseded.VERSION_BYTES + old.key().length))
        .sum();
  }

  long historyBytes() {
    long bytes = 0;
    for (long at = compacted + 1; at <= revision(); at++) {
      bytes += historyBytes(at);
    }
    return bytes;
  }

  private void put(PutCommand put, CommandResult.Builder result) {
    byte[] key = put.getKey().toByteArray();
    Cell old = now().get(key);
    long standing = old == null ? 0 : old.shown().modRevision();
    if ((put.getCondition() == 1 && old != null)
        || (put.getCondition() == 2 && standing != put.getIfRevision())) {
      result.setConditionFailed(true).setConditionModRevision(standing);
      return;
    }
    long session = put.getSessionId();
    if (session != 0 && !sessions.open.containsKey(session)) {
      result.setSessionRefusal(
          sessions.whyNot(session) == SessionRefusal.ENDED_SESSION
              ? SessionRefusal.ATTACHED_TO_ENDED_SESSION
              : SessionRefusal.ATTACHED_TO_UNKNOWN_SESSION);
      return;
    }
    if (session != 0
        && attached(session) >= limits.deleteKeysMax()
        && (old == null || old.shown().sessionId() != session)) {
      result.setSessionRefusal(SessionRefusal.TOO_MANY_ATTACHED);
      return;
    }
    if (old != null && put.getReturnPrevious()) {
      result.addPrevious(stored(old));
    }
    TreeMap<byte[], Cell> next = new TreeMap<>(now());
    long revision = revisions.size();
    long expiryMillis = put.getTtlMillis() == 0 ? 0 : timeMillis + put.getTtlMillis();
    if (expiryMillis < 0) {
      expiryMillis = Long.MAX_VALUE;
    }
    next.put(
        key,
        new Cell(
            new KeyVersion(
                key,
                put.getValue().toByteArray(),
                old == null ? revision : old.shown().createRevision(),
                revision,
                old == null ? 1 : old.shown().version() + 1,
                session),
            expiryMillis));
    revisions.add(next);
  }

  private void delete(DeleteCommand delete, CommandResult.Builder result) {
    byte[] start = delete.getStart().toByteArray();
    KeyRange range =
        delete.getSingle()
            ? KeyRange.single(start)
            : KeyRange.of(start, delete.hasEnd() ? delete.getEnd().toByteArray() : null);
    if (delete.getSingle() && delete.hasIfRevision()) {
      Cell old = now().get(start);
      long standing = old == null ? 0 : old.shown().modRevision();
      if (standing != delete.getIfRevision()) {
        result.setConditionFailed(true).setConditionModRevision(standing);
        return;
      }
    }
    List<Cell> doomed =
        now().values().stream()
            .filter(cell -> range.contains(cell.shown().key()))
            .limit(delete.getLimit() == 0 ? Long.MAX_VALUE : delete.getLimit())
            .toList();
    long bytes =
        doomed.stream().mapToLong(c -> c.shown().key().length + c.shown().value().length).sum();
    if (doomed.size() > limits.deleteKeysMax()
        || (!delete.getSingle()
            && delete.getReturnPrevious()
            && bytes > limits.previousBytesMax())) {
      result.setTooMany(true);
      return;
    }
    remove(doomed, result);
    if (delete.getReturnPrevious()) {
      doomed.forEach(cell -> result.addPrevious(stored(cell)));
    }
  }

  private void expire(int limit, CommandResult.Builder result) {
    int most = limit == 0 ? limits.expireKeysMax() : Math.min(limit, limits.expireKeysMax());
    List<Cell> doomed =
        now().values().stream()
            .filter(cell -> cell.expiryMillis() != 0 && cell.expiryMillis() <= timeMillis)
            .sorted(Comparator.comparingLong(Cell::expiryMillis))
            .limit(most)
            .toList();
    remove(doomed, result);
  }

  private void remove(List<Cell> doomed, CommandResult.Builder result) {
    if (doomed.isEmpty()) {
      return;
    }
    TreeMap<byte[], Cell> next = new TreeMap<>(now());
    doomed.forEach(cell -> next.remove(cell.shown().key()));
    revisions.add(next);
    result.setDeleted(doomed.size());
  }

  private static StoredKeyValue stored(Cell cell) {
    KeyVersion shown = cell.shown();
    return StoredKeyValue.newBuilder()
        .setKey(Commands.wrap(shown.key()))
        .setValue(Commands.wrap(shown.value()))
        .setCreateRevision(shown.createRevision())
        .setModRevision(shown.modRevision())
        .setVersion(shown.version())
        .setSessionId(shown.sessionId())
        .build();
  }
}
