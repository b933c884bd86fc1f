package io.raftkv.sim.net;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import io.raftkv.sim.engine.Effect;
import io.raftkv.sim.engine.Effects;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.Scheduler;
import io.raftkv.sim.engine.Strongest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Streams between machines. Messages of one stream from one machine to another keep their order
 * unless they are made to overtake each other; they may be late, lost or, but for what clients
 * forwarded, doubled. What is sent over a cut link is lost, or is held and arrives once the link is
 * whole, as TCP does it.
 *
 * <p>The member with id {@code i + 1} lives on machine {@code i}.
 */
public final class Network {
  private static final int STREAMS = Message.Stream.values().length;
  private static final int HELD_MAX = 256;

  private record Held(Message message, int incarnation) {}

  private final Scheduler scheduler;
  private final Rng rng;
  private final NetworkHost host;
  private final int machines;
  private final UnaryOperator<Message> wire;
  private final Effects effects;
  private final long latencyNanosMin;
  private final long latencyNanosTail;
  private final double slowChance;
  private final double heldChance;

  private final int[] cuts;
  private final ArrayDeque<Held>[] held;
  private final long[] lastArrival;

  /** By link: until when messages arrive that left slowly; those behind them wait for them. */
  private final long[] afflictedUntilNanos;

  private final List<MemberId>[] removed;
  private final Strongest[] losses;
  private final Strongest[] slownesses;
  private double duplicates;
  private double overtaking;

  /**
   * @param wire what a message goes through on its way
   * @param slowChance of a message that takes ten times the tail
   * @param heldChance of a message on a cut link that arrives after all
   */
  @SuppressWarnings({"unchecked", "rawtypes"})
  public Network(
      Scheduler scheduler,
      Rng rng,
      NetworkHost host,
      int machines,
      UnaryOperator<Message> wire,
      Effects effects,
      long latencyNanosMin,
      long latencyNanosTail,
      double slowChance,
      double heldChance) {
    this.scheduler = scheduler;
    this.rng = rng;
    this.host = host;
    this.machines = machines;
    this.wire = wire;
    this.effects = effects;
    this.latencyNanosMin = latencyNanosMin;
    this.latencyNanosTail = latencyNanosTail;
    this.slowChance = slowChance;
    this.heldChance = heldChance;
    cuts = new int[machines * machines];
    held = new ArrayDeque[machines * machines];
    lastArrival = new long[machines * machines * STREAMS];
    afflictedUntilNanos = new long[machines * machines];
    removed = new List[machines];
    Arrays.fill(removed, List.of());
    losses = new Strongest[machines * machines];
    slownesses = new Strongest[machines * machines];
    Arrays.setAll(losses, link -> new Strongest(0));
    Arrays.setAll(slownesses, link -> new Strongest(1));
  }

  /** What a process on this machine sends through. */
  public Transport transport(int machine, int incarnation) {
    return new Endpoint(machine, incarnation);
  }

  /** Cuts one direction. Cuts add up: each needs its {@link #mend}. */
  public void cut(int from, int to) {
    cuts[link(from, to)]++;
  }

  public void mend(int from, int to) {
    int link = link(from, to);
    if (--cuts[link] == 0 && held[link] != null) {
      ArrayDeque<Held> messages = held[link];
      held[link] = null;
      for (Held message : messages) {
        arrive(from, to, message.message, message.incarnation, latencyNanos(link));
      }
    }
  }

  public boolean isCut(int from, int to) {
    return cuts[link(from, to)] > 0;
  }

  /** Chance that a message is lost. */
  public Strongest loss(int from, int to) {
    return losses[link(from, to)];
  }

  /** Messages take so many times longer. */
  public Strongest slowness(int from, int to) {
    return slownesses[link(from, to)];
  }

  /** Whole, prompt, and loses nothing. */
  public boolean isHealthy(int from, int to) {
    return !isCut(from, to) && loss(from, to).isUsual() && isPrompt(from, to);
  }

  /** Neither is slow nor has anything on it that left when it was. */
  public boolean isPrompt(int from, int to) {
    return slowness(from, to).isUsual()
        && afflictedUntilNanos[link(from, to)] <= scheduler.nowNanos();
  }

  /** Chances that a message arrives twice, and that it does not wait for those before it. */
  public void disturb(double duplicates, double overtaking) {
    this.duplicates = duplicates;
    this.overtaking = overtaking;
  }

  /** No loss, no delay beyond the usual, every link whole. */
  public void heal() {
    for (int link = 0; link < losses.length; link++) {
      losses[link].heal();
      slownesses[link].heal();
    }
    disturb(0, 0);
    for (int from = 0; from < machines; from++) {
      for (int to = 0; to < machines; to++) {
        if (isCut(from, to)) {
          cuts[link(from, to)] = 1;
          mend(from, to);
        }
      }
    }
  }

  /**
   * The process on this machine ended: connections break, and attempts to make new ones are refused
   * until another one runs.
   */
  public void ended(int machine) {
    for (int peer = 0; peer < machines; peer++) {
      if (peer == machine || isCut(peer, machine) || isCut(machine, peer)) {
        continue;
      }
      int other = peer;
      int incarnation = host.incarnation(peer);
      if (incarnation != 0) {
        scheduler.after(
            2 * latencyNanos(link(machine, peer)),
            () -> {
              if (host.incarnation(machine) == 0 && host.incarnation(other) == incarnation) {
                host.unreachable(other, machine);
              }
            });
      }
    }
  }

  private void send(int from, Message message) {
    host.sending(from, message);
    int to = (int) message.to().value() - 1;
    int link = link(from, to);
    int incarnation = host.incarnation(to);
    if (incarnation == 0) {
      return;
    }
    if (cuts[link] > 0) {
      effects.saw(Effect.MESSAGE_CUT);
      if (rng.chance(heldChance)) {
        if (held[link] == null) {
          held[link] = new ArrayDeque<>();
        }
        if (held[link].size() < HELD_MAX) {
          held[link].add(new Held(message, incarnation));
          effects.saw(Effect.MESSAGE_HELD);
        }
      }
      return;
    }
    if (rng.chance(losses[link].strength())) {
      effects.saw(Effect.MESSAGE_LOST);
      return;
    }
    arrive(from, to, message, incarnation, latencyNanos(link));
    // The transport delivers at most once. Raft itself bears more; a command that a client gave to
    // a follower does not.
    if (message.stream() != Message.Stream.FORWARD && rng.chance(duplicates)) {
      effects.saw(Effect.MESSAGE_DOUBLED);
      arrive(from, to, message, incarnation, latencyNanos(link) + latencyNanos(link));
    }
  }

  private void arrive(int from, int to, Message message, int incarnation, long latencyNanos) {
    int stream = link(from, to) * STREAMS + message.stream().ordinal();
    long time = scheduler.nowNanos() + latencyNanos;
    if (!rng.chance(overtaking)) {
      time = Math.max(time, lastArrival[stream] + 1);
      lastArrival[stream] = time;
    } else if (time <= lastArrival[stream]) {
      effects.saw(Effect.MESSAGE_OVERTOOK);
    }
    if (!slowness(from, to).isUsual()) {
      effects.saw(Effect.MESSAGE_SLOWED);
      int link = link(from, to);
      afflictedUntilNanos[link] = Math.max(afflictedUntilNanos[link], time);
    }
    scheduler.at(time, new Arrival(to, incarnation, wire.apply(message)));
  }

  private long latencyNanos(int link) {
    long nanos = latencyNanosMin + rng.exponential(latencyNanosTail);
    if (rng.chance(slowChance)) {
      nanos += 10 * latencyNanosTail;
    }
    return (long) (nanos * slownesses[link].strength());
  }

  private int link(int from, int to) {
    return from * machines + to;
  }

  private final class Arrival implements Runnable {
    private final int to;
    private final int incarnation;
    private final Message message;

    Arrival(int to, int incarnation, Message message) {
      this.to = to;
      this.incarnation = incarnation;
      this.message = message;
    }

    @Override
    public void run() {
      if (host.incarnation(to) != incarnation) {
        return; // its connection is gone with the process
      }
      if (host.pausedUntilNanos(to) > scheduler.nowNanos()) {
        scheduler.at(host.pausedUntilNanos(to), this);
        return;
      }
      if (removed[to].contains(message.from())) {
        // It is not let in, and told why.
        int sender = (int) message.from().value() - 1;
        int sending = host.incarnation(sender);
        scheduler.after(
            latencyNanos(link(to, sender)),
            () -> {
              if (host.incarnation(sender) == sending && !isCut(to, sender)) {
                host.removed(sender);
              }
            });
        return;
      }
      host.deliver(to, message);
    }
  }

  private final class Endpoint implements Transport {
    private final int machine;
    private final int incarnation;
    private boolean isStarted;

    Endpoint(int machine, int incarnation) {
      this.machine = machine;
      this.incarnation = incarnation;
    }

    @Override
    public void start(Listener listener) {
      isStarted = true;
      host.listening(machine, incarnation, listener);
    }

    @Override
    public void send(List<Message> messages) {
      for (int i = 0; i < messages.size(); i++) {
        if (!isStarted || host.incarnation(machine) != incarnation) {
          return;
        }
        Network.this.send(machine, messages.get(i));
      }
    }

    @Override
    public void setMembers(Configuration configuration) {
      removed[machine] = configuration.removed();
    }

    @Override
    public Optional<String> clientAddress(MemberId member) {
      return Optional.empty();
    }

    @Override
    public void close() {
      isStarted = false;
    }
  }
}
