package io.raftkv.sim;

import io.raftkv.check.Operation;
import java.util.ArrayList;
import java.util.List;

/**
 * Once everything is healed, every key is read on every member, and every read must be answered
 * (promise P6). A refusal may be asked again, for leaders may still change, and so may what was
 * answered too late, for a lane may still take its time; silence may not.
 */
final class LastReads {
  private final World world;
  private final int client;
  private final List<ReadAttempt> open = new ArrayList<>();

  LastReads(World world, int client) {
    this.world = world;
    this.client = client;
  }

  void ask() {
    for (SimMachine machine : world.machines) {
      boolean isAsked = world.isMember(machine) && !machine.isOut();
      for (int key = 0; key < world.plan.keys && isAsked; key++) {
        ask(machine, "k" + key);
      }
    }
  }

  private void ask(SimMachine machine, String key) {
    SimProcess process = machine.process;
    if (process == null) {
      world.verdict.broken("reads after healing", "member " + machine.id().value() + " is down");
      return;
    }
    Operation get = world.history.get(client, key, world.scheduler.nowNanos());
    ReadAttempt attempt =
        new ReadAttempt(
            world, client, process, List.of(get), List.of(), (k, revision) -> {}, () -> {});
    open.add(attempt);
    attempt.ask();
  }

  /**
   * Asks again what was refused or answered too late. Returns whether everything has been answered.
   */
  boolean areAnswered() {
    for (ReadAttempt attempt : List.copyOf(open)) {
      if (attempt.isAnswered()) {
        open.remove(attempt);
      } else if (attempt.isRefused() || attempt.isLate()) {
        open.remove(attempt);
        ask(world.machines.get(attempt.process.machine()), attempt.operations.get(0).key());
      }
    }
    return open.isEmpty();
  }

  int openReads() {
    return open.size();
  }
}
