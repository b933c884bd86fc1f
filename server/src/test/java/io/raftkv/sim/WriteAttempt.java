package io.raftkv.sim;

import io.raftkv.check.Operation;
import io.raftkv.kv.Commands;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.StoredKeyValue;
import io.raftkv.sim.engine.Effect;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Proposes one command: a put, or a delete of one key or of all. */
final class WriteAttempt extends Attempt {
  private final byte[] command;
  private final ReadAttempt.Seen seen;

  /**
   * @param operations one for each key that it may change and that the history holds; a delete of
   *     more than one returns what it deleted
   */
  WriteAttempt(
      World world,
      int client,
      SimProcess process,
      List<Operation> operations,
      byte[] command,
      ReadAttempt.Seen seen,
      Runnable over) {
    super(world, client, process, operations, over);
    this.command = command;
    this.seen = seen;
  }

  @Override
  CompletableFuture<?> send() {
    return process.node().propose(command);
  }

  @Override
  void succeeded(@Nullable Object answer, long now) {
    CommandResult result = Commands.decodeResult((byte[]) answer);
    world.note("written", client, result.getRevision());
    world.writes++;
    if (result.getConditionFailed()) {
      for (Operation operation : operations) {
        long standing = result.getConditionModRevision();
        world.history.conditionFailed(operation, standing, result.getRevision(), now);
        seen.seen(operation.key(), standing);
      }
      return;
    }
    if (result.getDeleted() > 0 || operations.stream().noneMatch(WriteAttempt::isDelete)) {
      world.acknowledgements.written(process.machine(), command, result.getRevision());
    }
    if (operations.size() > 1 && result.getDeleted() > 0) {
      world.effects.saw(Effect.RANGE_DELETED);
    }
    Set<String> deleted = new HashSet<>();
    for (StoredKeyValue previous : result.getPreviousList()) {
      deleted.add(previous.getKey().toStringUtf8());
    }
    for (Operation operation : operations) {
      record(operation, result, deleted, now);
    }
  }

  private void record(
      Operation operation, CommandResult result, Set<String> deleted, long nowNanos) {
    long revision = result.getRevision();
    boolean isEffective =
        !isDelete(operation)
            || (operations.size() == 1
                ? result.getDeleted() > 0
                : deleted.contains(operation.key()));
    if (isEffective) {
      world.history.done(operation, revision, nowNanos);
    } else {
      world.history.nothingThere(operation, revision, nowNanos);
    }
    seen.seen(operation.key(), isDelete(operation) ? 0 : revision);
  }

  private static boolean isDelete(Operation operation) {
    return operation.kind() == Operation.Kind.DELETE;
  }
}
