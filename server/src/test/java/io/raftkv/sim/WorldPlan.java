package io.raftkv.sim;

import io.raftkv.raft.RaftOptions;
import io.raftkv.sim.engine.Rng;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a seed's world is like (swarm testing: Groce and others 2012). Each parameter is drawn, and
 * each kind of fault is on or off, so that worlds differ in what they are about: uniform chaos
 * hides bugs that need one thing often and another one never.
 *
 * <p>Delays are drawn in proportion to the heartbeat, so that a world makes progress once healed.
 */
final class WorldPlan {
  private static final int ALL = Integer.MAX_VALUE;
  private static final long MILLI = 1_000_000;

  /** All of them, with those that are not members at first; but for the spares. */
  final int machines;

  /** Machines that take the places of others once those are damaged for good. */
  final int spares;

  /** How often a disk is lost, where that happens. */
  final long lossEveryNanos;

  /** Members at first. */
  final int founders;

  /** Of the founders, those without a vote. */
  final int learners;

  /** How often somebody asks for other members; 0: never. */
  final long changeEveryNanos;

  /** Machines stand in for others in place, under their names and addresses. */
  final boolean hasStandIns;

  final long tickNanos;
  final RaftOptions options;

  final long latencyNanosMin;
  final long latencyNanosTail;
  final double slowMessageChance;
  final double heldMessageChance;
  final long syncNanosMin;
  final long syncNanosTail;
  final double slowSyncChance;
  final int segmentEntries;
  final long turnNanosTail;
  final double longTurnChance;
  final double clockDrift;

  /** The production stores over faulty volumes, instead of models. */
  final boolean isOnFiles;

  final int segmentBytes;

  /** How often a process reads on in its files. */
  final long scrubNanos;

  /** Files rot under a process that runs, too. */
  final boolean isRottingUnderWay;

  /** Messages go through the codec, so that members share no objects. */
  final boolean isEncoded;

  final int clients;
  final int keys;
  final int valueBytes;
  final long thinkNanos;
  final long clientTimeoutNanos;
  final double readShare;
  final double conditionalShare;
  final double deleteShare;
  final double stickiness;

  /** Of reads and deletes: of all keys at once. */
  final double rangeShare;

  /** Of writes: of keys that expire. */
  final double expiringShare;

  /** Times that very many requests come at once. */
  final int bursts;

  final long historyRevisions;

  /** Clients with a session; 0 in most worlds. */
  final int sessionClients;

  final long sessionTtlMillis;

  /** Writes that such a client has under way at a time. */
  final int sessionWindow;

  /** Of its writes: sent twice from the first. */
  final double doubledShare;

  /** How often it falls silent. */
  final double silenceShare;

  /** How often it attaches a key to its session. */
  final double attachedShare;

  final Set<Fault> faults = EnumSet.noneOf(Fault.class);
  final long faultEveryNanos;
  final long faultNanos;
  final double duplicates;
  final double overtaking;
  final long chaosNanos;

  WorldPlan(Rng rng, long chaosNanos) {
    this.chaosNanos = chaosNanos;
    founders = pick(rng, 1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 7);
    learners = founders > 2 && rng.chance(0.15) ? 1 : 0;
    Rng membership = rng.fork("membership");
    boolean isChanging = membership.chance(0.4);
    machines = founders + (isChanging ? Math.min(10 - founders, 1 + membership.nextInt(6)) : 0);
    changeEveryNanos = isChanging ? membership.magnitude(chaosNanos / 200, chaosNanos / 10) : 0;
    hasStandIns = isChanging && rng.fork("stand-ins").chance(0.5);
    tickNanos = rng.magnitude(40 * MILLI, 250 * MILLI);
    int heartbeatTicks = (int) rng.between(1, 3);
    int electionTicks = heartbeatTicks * (int) rng.between(4, 12);
    Rng needed = rng.fork("needed");
    options =
        new RaftOptions(
            heartbeatTicks,
            electionTicks,
            (int) rng.between(1, 5),
            pick(rng, 1, 2, 3, 8, 64, 4096),
            pick(rng, 1, 100, 400, 4000, 1 << 20),
            pick(rng, 1, 2, 4, 64),
            pick(rng, 1, 200, 2000, 16 << 20),
            pick(rng, 0, 200, 1000, 10_000, 64 << 20),
            pick(needed, 0, 200, ALL, ALL, ALL, ALL, ALL, ALL),
            pick(rng, 200, 1000, 1 << 20, 256 << 20),
            pick(rng, 5, 5, 20, 100, 1000, 1000_000),
            pick(rng, 500, 5000, 1 << 20, 256 << 20),
            pick(needed, 0, 0, 0, 0, 0, 0, 20, 100),
            pick(rng, 0, 1, 5, 50, 1000));

    long heartbeatNanos = heartbeatTicks * tickNanos;
    latencyNanosMin = Math.max(1000, (long) (heartbeatNanos * 0.02 * rng.nextDouble()));
    latencyNanosTail = rng.magnitude(heartbeatNanos / 1000, heartbeatNanos / 15);
    slowMessageChance = rng.chance(0.5) ? 0.02 * rng.nextDouble() : 0;
    heldMessageChance = rng.chance(0.5) ? rng.nextDouble() : 0;
    syncNanosMin = Math.max(1000, (long) (heartbeatNanos * 0.05 * rng.nextDouble()));
    syncNanosTail = rng.magnitude(heartbeatNanos / 1000, heartbeatNanos / 8);
    slowSyncChance = rng.chance(0.5) ? 0.05 * rng.nextDouble() : 0;
    segmentEntries = pick(rng, 1, 1, 4, 16, 64);
    turnNanosTail = rng.magnitude(heartbeatNanos / 10_000, heartbeatNanos / 30);
    longTurnChance = rng.chance(0.3) ? 0.01 * rng.nextDouble() : 0;
    clockDrift = rng.chance(0.3) ? 0.1 : 0;

    Rng stores = rng.fork("stores");
    isOnFiles = stores.chance(0.4);
    segmentBytes = (int) stores.magnitude(512, 16_384);

    Rng rot = rng.fork("rot");
    scrubNanos = rot.magnitude(heartbeatNanos / 2, 20 * electionNanos());
    isRottingUnderWay = rot.chance(0.6);

    clients = (int) rng.between(1, 8);
    keys = (int) rng.between(1, 5);
    valueBytes = pick(rng, 10, 10, 30, 200);
    long operations = rng.magnitude(400, 2500);
    thinkNanos = Math.max(MILLI, clients * chaosNanos / operations);
    clientTimeoutNanos = electionTicks * tickNanos * rng.between(1, 4);
    readShare = 0.1 + 0.6 * rng.nextDouble();
    conditionalShare = rng.chance(0.6) ? 0.5 * rng.nextDouble() : 0;
    deleteShare = rng.chance(0.6) ? 0.4 * rng.nextDouble() : 0;
    stickiness = rng.nextDouble();

    Rng workload = rng.fork("workload");
    isEncoded = workload.chance(0.3);
    rangeShare = workload.chance(0.5) ? 0.3 * workload.nextDouble() : 0;
    expiringShare = workload.chance(0.5) ? 0.5 * workload.nextDouble() : 0;
    bursts = pick(workload, 0, 0, 2, 5, 20);
    historyRevisions = pick(workload, 0, 10, 100, 10_000);

    Rng sessions = rng.fork("sessions");
    sessionClients = sessions.chance(0.35) ? 1 + sessions.nextInt(3) : 0;
    sessionTtlMillis = sessions.magnitude(electionNanos() / MILLI, 40 * electionNanos() / MILLI);
    sessionWindow = pick(sessions, 1, 2, 4, 8);
    doubledShare = sessions.chance(0.7) ? 0.6 * sessions.nextDouble() : 0;
    silenceShare = sessions.chance(0.7) ? 0.05 * sessions.nextDouble() : 0;
    attachedShare = sessions.chance(0.5) ? 0.3 * sessions.nextDouble() : 0;

    for (Fault fault : Fault.values()) {
      boolean hasOwnDraws = fault == Fault.FULL_DISK || fault == Fault.LOST_FOLDER;
      if (!hasOwnDraws && rng.chance(fault.share())) {
        faults.add(fault);
      }
    }
    if (rng.fork("full").chance(Fault.FULL_DISK.share())) {
      faults.add(Fault.FULL_DISK);
    }
    if (!isOnFiles || voters() < 3 || changeEveryNanos > 0) {
      faults.remove(Fault.ROT);
    }
    Rng losses = rng.fork("loss");
    if (losses.chance(Fault.LOST_FOLDER.share()) && voters() >= 3 && changeEveryNanos == 0) {
      faults.add(Fault.LOST_FOLDER);
    }
    lossEveryNanos = losses.magnitude(chaosNanos / 50, chaosNanos / 4);
    boolean isDamaging = faults.contains(Fault.ROT) || faults.contains(Fault.LOST_FOLDER);
    spares = isDamaging ? pick(losses, 2, 4, 8) : 0;
    faultEveryNanos = rng.magnitude(chaosNanos / 200, chaosNanos / 8);
    faultNanos = rng.magnitude(electionTicks * tickNanos / 4, 20 * electionTicks * tickNanos);
    duplicates = rng.chance(0.4) ? 0.1 * rng.nextDouble() : 0;
    overtaking = rng.chance(0.4) ? 0.2 * rng.nextDouble() : 0;
  }

  long heartbeatNanos() {
    return options.heartbeatTicks() * tickNanos;
  }

  long electionNanos() {
    return options.electionTicks() * tickNanos;
  }

  int voters() {
    return founders - learners;
  }

  int machinesWithSpares() {
    return machines + spares;
  }

  private static int pick(Rng rng, int... choices) {
    return choices[rng.nextInt(choices.length)];
  }

  @Override
  public String toString() {
    return String.format(
        "%d machines and %d spare, %d members at first, %d of them learners%s, %s; tick %.0f ms; %s%n"
            + "  latency %.2f + %.2f ms; sync %.2f + %.2f ms; turn %.3f ms; segments of %d%n"
            + "  %d clients, %d with sessions of %d ms, %d bursts, %d keys, think %.0f ms, time-out %.0f ms; %s%n"
            + "  faults every %.1f s for %.1f s: %s; duplicates %.2f, overtaking %.2f",
        machines,
        spares,
        founders,
        learners,
        hasStandIns ? ", some stand in for others" : "",
        isOnFiles ? "on files with segments of " + segmentBytes + " bytes" : "on models",
        tickNanos / 1e6,
        options,
        latencyNanosMin / 1e6,
        latencyNanosTail / 1e6,
        syncNanosMin / 1e6,
        syncNanosTail / 1e6,
        turnNanosTail / 1e6,
        segmentEntries,
        clients,
        sessionClients,
        sessionTtlMillis,
        bursts,
        keys,
        thinkNanos / 1e6,
        clientTimeoutNanos / 1e6,
        isEncoded ? "messages are encoded" : "messages are shared",
        faultEveryNanos / 1e9,
        faultNanos / 1e9,
        faults,
        duplicates,
        overtaking);
  }
}
