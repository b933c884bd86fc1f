package io.raftkv.sim;

import com.google.protobuf.ByteString;
import io.raftkv.check.Operation;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KeyRange;
import io.raftkv.raft.Member;
import io.raftkv.sim.engine.Rng;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client: one request at a time, to any member. */
final class VirtualClient {
  /** Keys in the history; those that expire are not, because no client asks for that. */
  private static final String KEPT = "k";

  private static final String EXPIRING = "t";
  private static final int EXPIRING_KEYS = 3;

  private final World world;
  private final WorldPlan plan;
  private final int id;
  private final Rng rng;
  private boolean isActive = true;
  private long thinkNanos;
  private int machine;
  private int written;
  private String lastSeenKey = "";
  private long lastSeenRevision;

  VirtualClient(World world, int id) {
    this.world = world;
    this.id = id;
    plan = world.plan;
    thinkNanos = plan.thinkNanos;
    rng = world.rng.fork("client" + id);
    machine = any();
  }

  void start() {
    later();
  }

  /** Asks often from now on: whether the world makes progress shows only to who asks. */
  void insist() {
    thinkNanos = Math.min(thinkNanos, plan.electionNanos());
  }

  void stop() {
    isActive = false;
  }

  private boolean hasLeft(int asked) {
    return world.truth.configuration().removed().contains(world.at(asked).id());
  }

  private int any() {
    List<Member> members = world.truth.configuration().members();
    // Who looks at the list of members does not keep asking those who left.
    return plan.changeEveryNanos > 0 && !members.isEmpty() && rng.chance(0.8)
        ? (int) members.get(rng.nextInt(members.size())).id().value() - 1
        : rng.nextInt(plan.machines);
  }

  private void later() {
    if (isActive) {
      world.scheduler.after(rng.exponential(thinkNanos), this::next);
    }
  }

  private void next() {
    if (!isActive) {
      return;
    }
    if (!rng.chance(plan.stickiness) || hasLeft(machine)) {
      machine = any();
    }
    SimProcess process = world.at(machine).process;
    if (process == null) {
      machine = any();
      later();
    } else if (rng.chance(plan.readShare)) {
      read(process);
    } else if (rng.chance(plan.expiringShare)) {
      putExpiring(process);
    } else if (rng.chance(plan.deleteShare)) {
      delete(process);
    } else {
      put(process);
    }
  }

  private void read(SimProcess process) {
    if (rng.chance(plan.rangeShare)) {
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < plan.keys; i++) {
        operations.add(world.history.get(id, KEPT + i, now()));
      }
      List<String> expiring = new ArrayList<>();
      for (int i = 0; i < EXPIRING_KEYS; i++) {
        expiring.add(EXPIRING + i);
      }
      new ReadAttempt(world, id, process, operations, expiring, this::seen, this::later).ask();
      return;
    }
    Operation operation = world.history.get(id, key(), now());
    new ReadAttempt(world, id, process, List.of(operation), List.of(), this::seen, this::later)
        .ask();
  }

  private void delete(SimProcess process) {
    if (rng.chance(plan.rangeShare)) {
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < plan.keys; i++) {
        operations.add(world.history.delete(id, KEPT + i, now()));
      }
      write(process, operations, Commands.delete(KeyRange.prefix(bytes(KEPT)), 0, true));
      return;
    }
    String key = key();
    write(process, List.of(world.history.delete(id, key, now())), Commands.delete(bytes(key)));
  }

  private void put(SimProcess process) {
    String key = key();
    String value = value();
    if (rng.chance(plan.conditionalShare)) {
      long expected = lastSeenKey.equals(key) ? lastSeenRevision : 0;
      Commands.PutCondition condition =
          expected == 0 && rng.chance(0.5)
              ? Commands.PutCondition.IF_ABSENT
              : Commands.PutCondition.ifRevision(expected);
      Operation operation = world.history.putIf(id, key, value, expected, now());
      write(process, List.of(operation), put(key, value, condition, 0));
      return;
    }
    Operation operation = world.history.put(id, key, value, now());
    write(process, List.of(operation), put(key, value, Commands.PutCondition.NONE, 0));
  }

  private void putExpiring(SimProcess process) {
    String key = EXPIRING + rng.nextInt(EXPIRING_KEYS);
    long ttlMillis = Math.max(1, rng.exponential(10 * plan.electionNanos()) / 1_000_000);
    write(process, List.of(), put(key, value(), Commands.PutCondition.NONE, ttlMillis));
  }

  private void write(SimProcess process, List<Operation> operations, byte[] command) {
    new WriteAttempt(world, id, process, operations, command, this::seen, this::later).ask();
  }

  private void seen(String key, long modRevision) {
    lastSeenKey = key;
    lastSeenRevision = modRevision;
  }

  private String key() {
    return KEPT + rng.nextInt(plan.keys);
  }

  private String value() {
    String value = "c" + id + "-" + written++;
    return value + ".".repeat(Math.max(0, plan.valueBytes - value.length()));
  }

  private long now() {
    return world.scheduler.nowNanos();
  }

  private static byte[] put(
      String key, String value, Commands.PutCondition condition, long ttlMillis) {
    return Commands.put(
        ByteString.copyFrom(bytes(key)),
        ByteString.copyFrom(bytes(value)),
        condition,
        ttlMillis,
        false);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
