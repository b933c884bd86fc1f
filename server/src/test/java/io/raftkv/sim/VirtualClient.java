package io.raftkv.sim;

import com.google.protobuf.ByteString;
import io.raftkv.check.Operation;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KeyVersion;
import io.raftkv.kv.KvView;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.raft.RaftException;
import io.raftkv.sim.engine.Rng;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client: one request at a time, to any member, with a time limit of its own after which it does
 * not know what came of the request and goes on. Never asks twice.
 */
final class VirtualClient {
  /** One request. */
  private final class Attempt implements Runnable {
    final Operation operation;
    final SimProcess process;
    final int machine;
    final byte @Nullable [] command;
    final long committedBefore;
    boolean isOver;

    Attempt(Operation operation, SimProcess process, int machine, byte @Nullable [] command) {
      this.operation = operation;
      this.process = process;
      this.machine = machine;
      this.command = command;
      committedBefore = world.truth.commitIndex();
    }

    /** Its time is over. */
    @Override
    public void run() {
      if (!isOver) {
        world.note("timeout", id, machine);
        end();
      }
    }

    void end() {
      isOver = true;
      if (isActive) {
        world.scheduler.after(rng.exponential(world.plan.thinkNanos), VirtualClient.this::next);
      }
    }

    void answered(@Nullable Object answer, @Nullable Throwable failure) {
      if (isOver || !process.isAlive) {
        return;
      }
      long now = world.scheduler.nowNanos();
      if (failure != null) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (!(cause instanceof RaftException refusal)) {
          world.verdict.broken("requests fail in known ways", World.trace(failure));
          return;
        }
        world.note("refused", id, refusal.reason().ordinal());
        if (refusal.reason().isNotApplied()) {
          world.history.refused(operation, now);
        }
      } else if (command == null) {
        read(now);
      } else {
        written(Commands.decodeResult((byte[]) answer), now);
      }
      end();
    }

    private void read(long now) {
      KvView view = process.store.view();
      world.acknowledgements.read(machine, view.appliedIndex(), committedBefore);
      Optional<KeyVersion> found = view.get(bytes(operation.key()), 0);
      world.note("read", id, view.revision());
      if (found.isPresent()) {
        world.history.found(
            operation,
            new String(found.get().value(), StandardCharsets.UTF_8),
            found.get().modRevision(),
            view.revision(),
            now);
        lastSeenRevision = found.get().modRevision();
      } else {
        world.history.absent(operation, view.revision(), now);
        lastSeenRevision = 0;
      }
      lastSeenKey = operation.key();
    }

    private void written(CommandResult result, long now) {
      world.note("written", id, result.getRevision());
      world.writes++;
      if (result.getConditionFailed()) {
        world.history.conditionFailed(
            operation, result.getConditionModRevision(), result.getRevision(), now);
        lastSeenRevision = result.getConditionModRevision();
      } else if (operation.kind() == Operation.Kind.DELETE && result.getDeleted() == 0) {
        world.history.nothingThere(operation, result.getRevision(), now);
        lastSeenRevision = 0;
      } else {
        world.acknowledgements.written(machine, command, result.getRevision());
        world.history.done(operation, result.getRevision(), now);
        lastSeenRevision = operation.kind() == Operation.Kind.DELETE ? 0 : result.getRevision();
      }
      lastSeenKey = operation.key();
    }
  }

  private final World world;
  private final int id;
  private final Rng rng;
  private boolean isActive = true;
  private int machine;
  private int written;
  private String lastSeenKey = "";
  private long lastSeenRevision;

  VirtualClient(World world, int id) {
    this.world = world;
    this.id = id;
    rng = world.rng.fork("client" + id);
    machine = rng.nextInt(world.plan.machines);
  }

  void start() {
    world.scheduler.after(rng.exponential(world.plan.thinkNanos), this::next);
  }

  void stop() {
    isActive = false;
  }

  /** Asks what stands under the key, now, on this machine. */
  void readOnce(String key, int machine) {
    SimProcess process = world.machines.get(machine).process;
    if (process != null) {
      Operation operation = world.history.get(id, key, world.scheduler.nowNanos());
      ask(new Attempt(operation, process, machine, null));
    }
  }

  private void next() {
    if (!isActive) {
      return;
    }
    if (!rng.chance(world.plan.stickiness)) {
      machine = rng.nextInt(world.plan.machines);
    }
    SimProcess process = world.machines.get(machine).process;
    if (process == null) {
      machine = rng.nextInt(world.plan.machines);
      world.scheduler.after(rng.exponential(world.plan.thinkNanos), this::next);
      return;
    }
    WorldPlan plan = world.plan;
    String key = "k" + rng.nextInt(plan.keys);
    long now = world.scheduler.nowNanos();
    if (rng.chance(plan.readShare)) {
      ask(new Attempt(world.history.get(id, key, now), process, machine, null));
      return;
    }
    if (rng.chance(0.02)) {
      compact(process);
    }
    if (rng.chance(plan.deleteShare)) {
      Operation operation = world.history.delete(id, key, now);
      ask(new Attempt(operation, process, machine, Commands.delete(bytes(key))));
      return;
    }
    String value = "c" + id + "-" + written++;
    value += ".".repeat(Math.max(0, plan.valueBytes - value.length()));
    if (rng.chance(plan.conditionalShare)) {
      long expected = lastSeenKey.equals(key) ? lastSeenRevision : 0;
      Operation operation = world.history.putIf(id, key, value, expected, now);
      byte[] command =
          Commands.put(
              ByteString.copyFrom(bytes(key)),
              ByteString.copyFrom(bytes(value)),
              expected == 0 && rng.chance(0.5)
                  ? Commands.PutCondition.IF_ABSENT
                  : Commands.PutCondition.ifRevision(expected),
              0,
              false);
      ask(new Attempt(operation, process, machine, command));
      return;
    }
    Operation operation = world.history.put(id, key, value, now);
    ask(new Attempt(operation, process, machine, Commands.put(bytes(key), bytes(value))));
  }

  /** Keeps the history that the store keeps short; nobody waits for it. */
  private void compact(SimProcess process) {
    long revision = process.store.view().revision() - 10;
    if (revision > 0) {
      process.node().propose(Commands.compact(revision)).exceptionally(failure -> null);
    }
  }

  private void ask(Attempt attempt) {
    world.note("ask", id, attempt.machine);
    world.scheduler.after(world.plan.clientTimeoutNanos, attempt);
    try {
      CompletableFuture<?> future =
          attempt.command == null
              ? attempt.process.node().readBarrier()
              : attempt.process.node().propose(attempt.command);
      future.whenComplete(attempt::answered);
    } catch (RuntimeException e) {
      world.verdict.broken("requests do not throw", World.trace(e));
    }
    attempt.process.afterTurn();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
