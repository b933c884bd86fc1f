package io.raftkv.sim;

import io.raftkv.check.History;
import io.raftkv.check.LinearizabilityChecker;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Effects;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.Scheduler;
import io.raftkv.sim.engine.Trace;
import io.raftkv.sim.net.Network;
import io.raftkv.sim.net.NetworkHost;
import io.raftkv.sim.rule.Acknowledgements;
import io.raftkv.sim.rule.Rule;
import io.raftkv.sim.rule.Rules;
import io.raftkv.sim.rule.Truth;
import io.raftkv.sim.rule.Verdict;
import io.raftkv.transport.WireBridge;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One seed's world, from its start to the verdict. Confined to one thread. */
final class World implements NetworkHost {
  final long seed;
  final Rng rng;
  final WorldPlan plan;
  final Scheduler scheduler = new Scheduler();
  final Trace trace;
  final Verdict verdict = new Verdict();
  final Truth truth = new Truth();
  final History history = new History();
  final Acknowledgements acknowledgements = new Acknowledgements(verdict, truth);
  final Network network;
  final List<SimMachine> machines = new ArrayList<>();

  /** Who is where: the machines that there were at first, or who stands in for them. */
  private final List<SimMachine> places;

  final List<Rule> rules;
  private final List<VirtualClient> clients = new ArrayList<>();
  private final List<SessionClient> sessionClients = new ArrayList<>();
  private final BurstClient bursts;
  private final Nemesis nemesis;
  final Repairs repairs;
  private final MemberChanges changes;
  final Effects effects = new Effects();
  final Health health;
  private final Availability availability;
  private final Reign reign;
  private final HungLeader hungLeader;
  private final FullLeader fullLeader;
  private final SnapshotPace snapshotPace;
  private final Answers answers;
  private final Pipelines pipelines;

  /** Writes that were answered. */
  long writes;

  World(long seed, long chaosNanos, @Nullable PrintWriter traceTo) {
    this(seed, chaosNanos, traceTo, (verdict, truth) -> List.of());
  }

  /**
   * @param more makes further rules
   */
  World(
      long seed,
      long chaosNanos,
      @Nullable PrintWriter traceTo,
      BiFunction<Verdict, Truth, List<Rule>> more) {
    this.seed = seed;
    rng = new Rng(seed);
    plan = new WorldPlan(rng.fork("plan"), chaosNanos);
    trace = new Trace(scheduler, traceTo);
    network =
        new Network(
            scheduler,
            rng.fork("network"),
            this,
            plan.machinesWithSpares(),
            plan.isEncoded ? this::carry : UnaryOperator.identity(),
            effects,
            plan.latencyNanosMin,
            plan.latencyNanosTail,
            plan.slowMessageChance,
            plan.heldMessageChance);
    health = new Health(this);
    availability = new Availability(this);
    reign = new Reign(this);
    hungLeader = new HungLeader(this);
    fullLeader = new FullLeader(this);
    snapshotPace = new SnapshotPace(this);
    answers = new Answers(this);
    pipelines = new Pipelines(plan.machinesWithSpares(), effects);
    for (int i = 0; i < plan.machinesWithSpares(); i++) {
      machines.add(new SimMachine(this, i));
    }
    places = new ArrayList<>(machines.subList(0, plan.machines));
    repairs = new Repairs(this);
    rules = new ArrayList<>(Rules.of(verdict, truth, machines));
    rules.addAll(more.apply(verdict, truth));
    for (int i = 0; i < plan.clients; i++) {
      clients.add(new VirtualClient(this, i));
    }
    bursts = new BurstClient(this, plan.clients);
    for (int i = 0; i < plan.sessionClients; i++) {
      // Behind the clients, the bursts and the last reads.
      sessionClients.add(new SessionClient(this, plan.clients + 2 + i));
    }
    nemesis = new Nemesis(this);
    changes = new MemberChanges(this);
  }

  static String name(int place) {
    return "n" + (place + 1);
  }

  SimMachine at(int place) {
    return places.get(place);
  }

  /** The others have let it in. */
  void standIn(SimMachine machine, int place) {
    places.set(place, machine);
    machine.standIn(place);
  }

  private Message carry(Message message) {
    effects.saw(Effect.MESSAGE_ENCODED);
    return WireBridge.carry(message);
  }

  /** Lives through the faults, then heals and must converge. The verdict says whether it did. */
  void run() {
    Configuration configuration = configuration();
    for (SimMachine machine : machines) {
      if (machine.machine() < plan.founders) {
        machine.bootstrap(configuration);
      } else {
        machine.start();
      }
    }
    changes.start();
    clients.forEach(VirtualClient::start);
    sessionClients.forEach(SessionClient::start);
    bursts.start();
    nemesis.start();
    look();
    runUntil(plan.chaosNanos);

    nemesis.stop();
    changes.stop();
    clients.forEach(VirtualClient::insist);
    long writesBefore = writes;
    long patience = patienceNanos();
    long deadline = scheduler.nowNanos() + patience;
    while (isGoing() && writes == writesBefore && scheduler.nowNanos() < deadline) {
      runUntil(Math.min(deadline, scheduler.nowNanos() + plan.electionNanos()));
    }
    if (writes == writesBefore) {
      verdict.broken(
          "progress after healing", "no write in " + patience / 1_000_000 + " ms after all faults");
    }
    clients.forEach(VirtualClient::stop);
    sessionClients.forEach(SessionClient::stop);
    bursts.stop();
    converge();
    readEverywhere();
    if (isGoing()) {
      LinearizabilityChecker.check(history)
          .ifPresent(violation -> verdict.broken("linearizability", violation.toString()));
    }
  }

  private void look() {
    health.look();
    repairs.look();
    availability.check();
    reign.check();
    hungLeader.check();
    fullLeader.check();
    snapshotPace.check();
    answers.check();
    if (truth.attachedKeysGone() > 0) {
      effects.saw(Effect.ATTACHED_KEYS_WENT);
    }
    scheduler.after(plan.heartbeatNanos(), this::look);
  }

  String dump() {
    StringBuilder text = new StringBuilder();
    text.append(plan).append(System.lineSeparator());
    text.append("committed ").append(truth.commitIndex()).append(System.lineSeparator());
    for (SimMachine machine : machines) {
      if (machine.isSpare()) {
        continue;
      }
      var live = machine.log.live();
      var durable = machine.log.durable();
      text.append(
          String.format(
              "member %d: %s; log %s to %d, durable %s to %d, %s; snapshot %s%n  %s%n",
              machine.id().value(),
              machine.isRunning() ? "runs" : machine.isOut() ? "is damaged" : "does not run",
              live.base(),
              live.lastIndex(),
              durable.base(),
              durable.lastIndex(),
              durable.hardState(),
              machine.snapshots.latest(),
              describe(machine.status)));
    }
    return text.toString();
  }

  /** Everything but the members, which are the same everywhere. */
  private static String describe(@Nullable NodeStatus status) {
    return status == null
        ? "no turn yet"
        : String.format(
            "%s of term %d, leader %d; log from %d to %d, commit %d, applied %d, durable %d,"
                + " snapshot %d, configuration %d; %s",
            status.role(),
            status.term(),
            status.leader().value(),
            status.firstIndex(),
            status.lastIndex(),
            status.commitIndex(),
            status.appliedIndex(),
            status.durableIndex(),
            status.snapshotIndex(),
            status.configurationIndex(),
            status.followers());
  }

  private Configuration configuration() {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < plan.founders; i++) {
      MemberId id = new MemberId(i + 1);
      members.add(new Member(id, name(i), "sim:" + (i + 1), i < plan.voters()));
    }
    return Configuration.of(members);
  }

  private boolean isGoing() {
    return !verdict.isBroken();
  }

  private void runUntil(long nanos) {
    scheduler.runUntil(nanos, this::isGoing);
  }

  /** What a healed world may take, at worst, for whatever it has to make up for. */
  private long patienceNanos() {
    return 60 * plan.electionNanos();
  }

  private void converge() {
    long deadline = scheduler.nowNanos() + 4 * patienceNanos();
    while (isGoing() && !isConverged()) {
      if (scheduler.nowNanos() >= deadline) {
        verdict.broken("convergence after healing", "members still differ");
        return;
      }
      runUntil(scheduler.nowNanos() + plan.heartbeatNanos());
    }
  }

  /** Whether it is a member by what was committed last. */
  boolean isMember(SimMachine machine) {
    return truth.configuration().member(machine.id()).isPresent();
  }

  private boolean isConverged() {
    if (truth.configuration().isJoint() || !repairs.areDone()) {
      return false;
    }
    int leaders = 0;
    for (SimMachine machine : machines) {
      if (machine.isOut() || !isMember(machine)) {
        continue;
      }
      SimProcess process = machine.process;
      if (process == null || process.store.appliedIndex() != truth.commitIndex()) {
        return false;
      }
      leaders += machine.isLeader() ? 1 : 0;
    }
    return leaders == 1;
  }

  private void readEverywhere() {
    if (!isGoing()) {
      return;
    }
    LastReads reads = new LastReads(this, plan.clients + 1);
    reads.ask();
    long deadline = scheduler.nowNanos() + patienceNanos();
    while (isGoing() && !reads.areAnswered()) {
      if (scheduler.nowNanos() >= deadline) {
        verdict.broken("reads after healing", reads.openReads() + " were not answered");
        return;
      }
      runUntil(scheduler.nowNanos() + plan.electionNanos());
    }
  }

  void observed(SimMachine machine, @Nullable NodeStatus before, NodeStatus now) {
    for (Rule rule : rules) {
      rule.turned(machine, before, now);
    }
    repairs.observed(before, now);
    answers.observed(machine, now);
    if (now.isLeader() && now.configuration().isJoint()) {
      effects.saw(Effect.MEMBERS_JOINT);
    }
    if (now.isLeader() && !now.configuration().isVoter(now.self())) {
      effects.saw(Effect.LEADER_REMOVED);
    }
    if (now.isLeader() && (before == null || !before.isLeader())) {
      effects.saw(Effect.LEADER_ELECTED);
      changes.elected(machine);
    }
    if (before == null
        || before.role() != now.role()
        || before.term() != now.term()
        || before.commitIndex() != now.commitIndex()) {
      trace.event(1, now.term() << 8 | now.role().ordinal(), now.commitIndex());
      if (trace.isWritten()) {
        trace.line(
            String.format(
                "n%d %s term %d log %d..%d commit %d applied %d durable %d",
                machine.id().value(),
                now.role(),
                now.term(),
                now.firstIndex(),
                now.lastIndex(),
                now.commitIndex(),
                now.appliedIndex(),
                now.durableIndex()));
      }
    }
  }

  void turned(int machine, String lane) {
    trace.event(2, machine, lane.length());
    if (trace.isWritten()) {
      trace.line("n" + (machine + 1) + " turn of " + lane);
    }
  }

  void note(String what, long a, long b) {
    trace.event(3 + what.length(), a, b);
    if (trace.isWritten()) {
      trace.line(what + " " + a + " " + b);
    }
  }

  @Override
  public int incarnation(int machine) {
    SimProcess process = machines.get(machine).process;
    return process == null ? 0 : process.incarnation();
  }

  @Override
  public long pausedUntilNanos(int machine) {
    return machines.get(machine).socketsPausedUntilNanos;
  }

  @Override
  public void listening(int machine, int incarnation, Transport.Listener listener) {
    SimProcess process = machines.get(machine).process;
    if (process != null && process.incarnation() == incarnation) {
      process.listener = listener;
    }
  }

  @Override
  public void sending(int machine, Message message) {
    SimMachine sender = machines.get(machine);
    if (sender.process != null) {
      sender.process.mayEndHere();
    }
    for (Rule rule : rules) {
      rule.sending(sender, message);
    }
    pipelines.sending(message);
    trace.event(40, Fingerprint.of(message), machine);
    if (trace.isWritten()) {
      trace.line("n" + (machine + 1) + " sends " + Fingerprint.text(message));
    }
  }

  @Override
  public void deliver(int machine, Message message) {
    SimProcess process = machines.get(machine).process;
    if (process == null || process.listener == null) {
      return;
    }
    pipelines.delivered(message);
    trace.event(41, Fingerprint.of(message), machine);
    if (trace.isWritten()) {
      trace.line("n" + (machine + 1) + " receives " + Fingerprint.text(message));
    }
    for (Rule rule : rules) {
      rule.receiving(machines.get(machine), message);
    }
    try {
      process.listener.received(message);
    } catch (RuntimeException e) {
      verdict.broken("receiving does not throw", trace(e));
    }
    process.afterTurn();
  }

  @Override
  public void removed(int machine) {
    SimProcess process = machines.get(machine).process;
    if (process != null && process.listener != null) {
      effects.saw(Effect.MEMBER_TOLD);
      if (!truth.configuration().removed().contains(new MemberId(machine + 1))) {
        verdict.broken(
            "nobody is told to have been removed that may not be", "member " + (machine + 1));
      }
      note("told that it was removed", machine, 0);
      process.listener.removed();
      process.afterTurn();
    }
  }

  @Override
  public void unreachable(int machine, int peer) {
    SimProcess process = machines.get(machine).process;
    if (process == null || process.listener == null) {
      return;
    }
    note("unreachable", machine, peer);
    process.listener.unreachable(new MemberId(peer + 1));
    process.afterTurn();
  }

  static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
