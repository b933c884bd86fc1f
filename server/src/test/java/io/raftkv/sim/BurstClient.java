package io.raftkv.sim;

import io.raftkv.check.Operation;
import io.raftkv.kv.Commands;
import io.raftkv.sim.engine.Rng;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A client that asks for many things at once, so that batches form, windows fill and queues refuse.
 * It has keys of its own, which it only puts and reads: the order of so many requests of unknown
 * outcome could not be searched otherwise.
 */
final class BurstClient {
  private static final int KEYS = 4;
  private static final int PUTS_MIN = 10;
  private static final int PUTS_MAX = 200;
  private static final int READS_MAX = 5;

  private final World world;
  private final int id;
  private final Rng rng;
  private boolean isActive = true;
  private int written;

  BurstClient(World world, int id) {
    this.world = world;
    this.id = id;
    rng = world.rng.fork("bursts");
  }

  void start() {
    if (world.plan.bursts > 0) {
      later();
    }
  }

  void stop() {
    isActive = false;
  }

  private void later() {
    long nanos = rng.exponential(world.plan.chaosNanos / world.plan.bursts);
    world.scheduler.after(nanos, this::burst);
  }

  private void burst() {
    if (!isActive) {
      return;
    }
    later();
    SimProcess process = world.at(rng.nextInt(world.plan.machines)).process;
    if (process == null) {
      return;
    }
    long now = world.scheduler.nowNanos();
    for (long i = rng.magnitude(PUTS_MIN, PUTS_MAX); i > 0 && process.isAlive; i--) {
      String key = key();
      String value = "b" + written++;
      Operation put = world.history.put(id, key, value, now);
      byte[] command = Commands.put(bytes(key), bytes(value));
      new WriteAttempt(world, id, process, List.of(put), command, (k, r) -> {}, () -> {}).ask();
    }
    for (long i = rng.between(0, READS_MAX); i > 0 && process.isAlive; i--) {
      Operation get = world.history.get(id, key(), now);
      new ReadAttempt(world, id, process, List.of(get), List.of(), (k, r) -> {}, () -> {}).ask();
    }
  }

  private String key() {
    return "b" + rng.nextInt(KEYS);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
