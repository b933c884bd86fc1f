package io.raftkv.sim;

import com.google.protobuf.ByteString;
import io.raftkv.check.Operation;
import io.raftkv.kv.Commands;
import io.raftkv.kv.RequestId;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.SessionRefusal;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Rng;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client with a session (thesis 6.3): several writes under way at a time, each sent until it is
 * answered, and at times twice from the first. The history has each write once, so that one which
 * is applied again, or answered by a second attempt as if it were another one, does not fit in. At
 * times it falls silent, and its session may expire.
 */
final class SessionClient {
  /** Keys that go with the session; they are not in the history, as no client asks for that. */
  private static final String ATTACHED = "a";

  private static final int ATTACHED_KEYS = 3;
  private static final String RULE = "exactly once (thesis 6.3)";

  /** An open session. */
  private static final class Open {
    final long id;
    final TreeMap<Long, Write> outstanding = new TreeMap<>();
    long next = 1;

    /** When the latest request was sent that was answered since. */
    long heardNanos;

    Open(long id, long heardNanos) {
      this.id = id;
      this.heardNanos = heardNanos;
    }

    long firstOutstanding() {
      return outstanding.isEmpty() ? next : outstanding.firstKey();
    }
  }

  /** A write, until it is answered and for as long as copies of it are under way. */
  private static final class Write {
    final Open session;
    final long sequence;
    final Operation operation;
    final List<byte[]> sent = new ArrayList<>();
    byte @Nullable [] result;
    int underWay;

    Write(Open session, long sequence, Operation operation) {
      this.session = session;
      this.sequence = sequence;
      this.operation = operation;
    }
  }

  private final World world;
  private final WorldPlan plan;
  private final int id;
  private final Rng rng;
  private final Rng attaching;
  private boolean isActive = true;
  private @Nullable Open session;
  private boolean isOpening;
  private int written;
  private String lastSeenKey = "";
  private long lastSeenRevision;

  SessionClient(World world, int id) {
    this.world = world;
    this.id = id;
    plan = world.plan;
    rng = world.rng.fork("session client" + id);
    attaching = world.rng.fork("attaching" + id);
  }

  void start() {
    later();
  }

  void stop() {
    isActive = false;
  }

  private void later() {
    world.scheduler.after(rng.exponential(plan.thinkNanos), this::next);
  }

  private void next() {
    if (!isActive) {
      return;
    }
    Open open = session;
    if (open == null) {
      open();
    } else if (rng.chance(plan.silenceShare)) {
      world.note("silent", id, open.id);
      world.scheduler.after(rng.exponential(2 * plan.sessionTtlMillis * 1_000_000), this::next);
      return;
    } else {
      open.outstanding.values().stream()
          .filter(write -> write.underWay == 0)
          .toList()
          .forEach(this::sendAgain);
      if (open.outstanding.size() < plan.sessionWindow) {
        write(open);
      } else {
        keep(open);
      }
      if (attaching.chance(plan.attachedShare)) {
        attach(open);
      }
    }
    later();
  }

  private @Nullable SimProcess any() {
    return world.at(rng.nextInt(plan.machines)).process;
  }

  private void open() {
    SimProcess process = any();
    if (process == null || isOpening) {
      return;
    }
    isOpening = true;
    long sentNanos = now();
    byte[] command = Commands.openSession("client " + id, plan.sessionTtlMillis);
    new SessionAttempt(
            world,
            id,
            process,
            command,
            answer -> session = new Open(Commands.decodeResult(answer).getSessionId(), sentNanos),
            () -> isOpening = false)
        .ask();
  }

  private void keep(Open open) {
    SimProcess process = any();
    if (process == null) {
      return;
    }
    long sentNanos = now();
    byte[] command = Commands.keepSession(open.id, open.firstOutstanding());
    new SessionAttempt(
            world,
            id,
            process,
            command,
            answer -> heard(open, Commands.decodeResult(answer).getSessionRefusal(), sentNanos),
            () -> {})
        .ask();
  }

  private void attach(Open open) {
    SimProcess process = world.at(attaching.nextInt(plan.machines)).process;
    if (process == null) {
      return;
    }
    byte[] command =
        Commands.put(
            ByteString.copyFromUtf8(ATTACHED + id + "-" + attaching.nextInt(ATTACHED_KEYS)),
            ByteString.copyFromUtf8("of " + open.id),
            Commands.PutCondition.NONE,
            0,
            false,
            open.id,
            null);
    new SessionAttempt(world, id, process, command, answer -> attached(open, answer), () -> {})
        .ask();
  }

  private void attached(Open open, byte[] answer) {
    SessionRefusal refusal = Commands.decodeResult(answer).getSessionRefusal();
    if (refusal == SessionRefusal.SESSION_REFUSAL_NONE) {
      world.effects.saw(Effect.KEY_ATTACHED);
    } else if (refusal != SessionRefusal.ATTACHED_TO_ENDED_SESSION) {
      world.verdict.broken(
          RULE, "a key is not attached to session " + open.id + ", which was opened: " + refusal);
    }
  }

  private void write(Open open) {
    long sequence = open.next++;
    Write write = new Write(open, sequence, operation());
    open.outstanding.put(sequence, write);
    send(write);
    if (rng.chance(plan.doubledShare)) {
      sendAgain(write);
    }
  }

  private Operation operation() {
    String key = "k" + rng.nextInt(plan.keys);
    if (rng.chance(plan.deleteShare)) {
      return world.history.delete(id, key, now());
    }
    String value = "s" + id + "-" + written++;
    if (rng.chance(plan.conditionalShare)) {
      long expected = lastSeenKey.equals(key) ? lastSeenRevision : 0;
      return world.history.putIf(id, key, value, expected, now());
    }
    return world.history.put(id, key, value, now());
  }

  private void sendAgain(Write write) {
    world.effects.saw(Effect.WRITE_REPEATED);
    send(write);
  }

  private void send(Write write) {
    SimProcess process = any();
    if (process == null) {
      return;
    }
    byte[] command = command(write);
    write.sent.add(command);
    write.underWay++;
    long sentNanos = now();
    new SessionAttempt(
            world,
            id,
            process,
            command,
            answer -> answered(write, process, answer, sentNanos),
            () -> write.underWay--)
        .ask();
  }

  private byte[] command(Write write) {
    RequestId requestId =
        new RequestId(write.session.id, write.sequence, write.session.firstOutstanding());
    Operation operation = write.operation;
    ByteString key = ByteString.copyFromUtf8(operation.key());
    return switch (operation.kind()) {
      case DELETE -> Commands.delete(key, OptionalLong.empty(), false, requestId);
      case PUT -> put(operation, Commands.PutCondition.NONE, requestId);
      case PUT_IF ->
          put(operation, Commands.PutCondition.ifRevision(operation.expectedRevision()), requestId);
      case GET -> throw new IllegalStateException("a read has no request id");
    };
  }

  private static byte[] put(
      Operation operation, Commands.PutCondition condition, RequestId requestId) {
    return Commands.put(
        ByteString.copyFromUtf8(operation.key()),
        ByteString.copyFrom(String.valueOf(operation.value()).getBytes(StandardCharsets.UTF_8)),
        condition,
        0,
        false,
        requestId);
  }

  private void answered(Write write, SimProcess process, byte[] answer, long sentNanos) {
    CommandResult result = Commands.decodeResult(answer);
    SessionRefusal refusal = result.getSessionRefusal();
    heard(write.session, refusal, sentNanos);
    boolean isAwaited = write.session == session && write.result == null;
    if (refusal == SessionRefusal.SEQUENCE_TOO_OLD && isAwaited) {
      world.verdict.broken(RULE, "a write is forgotten that its client still waits for");
    }
    if (refusal != SessionRefusal.SESSION_REFUSAL_NONE) {
      return;
    }
    if (write.result == null) {
      write.result = answer;
      write.session.outstanding.remove(write.sequence);
      record(write, process, result);
    } else if (!Arrays.equals(write.result, answer)) {
      world.verdict.broken(
          RULE,
          "a repeated write is answered "
              + result
              + " after "
              + Commands.decodeResult(write.result));
    }
  }

  private void record(Write write, SimProcess process, CommandResult result) {
    Operation operation = write.operation;
    long revision = result.getRevision();
    world.note("written", id, revision);
    world.writes++;
    boolean isDelete = operation.kind() == Operation.Kind.DELETE;
    if (result.getConditionFailed()) {
      long standing = result.getConditionModRevision();
      world.history.conditionFailed(operation, standing, revision, now());
      seen(operation.key(), standing);
    } else if (isDelete && result.getDeleted() == 0) {
      world.history.nothingThere(operation, revision, now());
      seen(operation.key(), 0);
    } else {
      world.acknowledgements.written(process.machine(), write.sent, revision);
      world.history.done(operation, revision, now());
      seen(operation.key(), isDelete ? 0 : revision);
    }
  }

  private void seen(String key, long modRevision) {
    lastSeenKey = key;
    lastSeenRevision = modRevision;
  }

  /** What an answer says of the session itself. */
  private void heard(Open open, SessionRefusal refusal, long sentNanos) {
    if (refusal == SessionRefusal.UNKNOWN_SESSION) {
      world.verdict.broken(RULE, "session " + open.id + ", which was opened, is not known");
    } else if (refusal != SessionRefusal.ENDED_SESSION) {
      open.heardNanos = Math.max(open.heardNanos, sentNanos);
    } else if (open == session) {
      session = null;
      world.effects.saw(Effect.SESSION_EXPIRED);
      world.note("expired", id, open.id);
      checkLife(open);
    }
  }

  /** Cluster time runs at the pace of some leader's clock, so a session may not live less. */
  private void checkLife(Open open) {
    double livedMillis = (now() - open.heardNanos) / 1e6 * (1 + plan.clockDrift);
    if (livedMillis < plan.sessionTtlMillis) {
      world.verdict.broken(
          "a session lives as long as was granted",
          String.format(
              "session %d has expired %.0f ms after its client was heard, granted were %d",
              open.id, livedMillis, plan.sessionTtlMillis));
    }
  }

  private long now() {
    return world.scheduler.nowNanos();
  }
}
