package io.raftkv.sim.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import io.raftkv.sim.engine.Effects;
import io.raftkv.sim.engine.Rng;
import io.raftkv.sim.engine.Scheduler;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private final Scheduler scheduler = new Scheduler();
  private final Host host = new Host();
  private Network network = network(0);

  private final Transport first = started();

  private Network network(double heldChance) {
    return new Network(
        scheduler,
        new Rng(3),
        host,
        2,
        UnaryOperator.identity(),
        new Effects(),
        100,
        1000,
        0.1,
        heldChance);
  }

  private Transport started() {
    Transport transport = network.transport(0, 1);
    transport.start(new Deaf());
    return transport;
  }

  @Test
  void messagesOfAStreamKeepTheirOrder() {
    send(200);

    assertThat(host.arrived).isSorted().hasSize(200);
  }

  @Test
  void messagesOvertakeOnlyIfAskedTo() {
    network.disturb(0, 0.5);
    send(200);

    assertThat(host.arrived).hasSize(200).isNotEqualTo(sorted());
  }

  @Test
  void everyMessageArrivesOnceUnlessDisturbed() {
    network.disturb(0.5, 0);
    send(200);

    assertThat(host.arrived.size()).isBetween(250, 350);
  }

  @Test
  void lossLosesItsShare() {
    network.loss(0, 1).begin(0.5);
    send(200);

    assertThat(host.arrived.size()).isBetween(60, 140);
  }

  @Test
  void cutLosesOneDirectionAndMendRestoresIt() {
    network.cut(0, 1);
    send(10);
    assertThat(host.arrived).isEmpty();
    assertThat(network.isCut(1, 0)).isFalse();

    network.mend(0, 1);
    send(10);
    assertThat(host.arrived).hasSize(10);
  }

  @Test
  void cutsAddUp() {
    network.cut(0, 1);
    network.cut(0, 1);
    network.mend(0, 1);
    assertThat(network.isCut(0, 1)).isTrue();

    network.heal();
    assertThat(network.isCut(0, 1)).isFalse();
  }

  @Test
  void heldMessagesArriveAfterTheCut() {
    network = network(1);
    Transport sender = started();
    network.cut(0, 1);
    sender.send(List.of(message(1), message(2)));
    runAll();
    assertThat(host.arrived).isEmpty();

    network.mend(0, 1);
    runAll();
    assertThat(host.arrived).containsExactly(1L, 2L);
  }

  @Test
  void messagesToAnEndedProcessAreLostEvenIfAnotherOneRuns() {
    first.send(List.of(message(1)));
    host.incarnation = 2;
    runAll();

    assertThat(host.arrived).isEmpty();
  }

  @Test
  void endedProcessIsReportedUnlessItRunsAgain() {
    host.incarnation = 0;
    network.ended(1);
    runAll();
    assertThat(host.unreachable).containsExactly(1);

    network.ended(1);
    host.incarnation = 3;
    runAll();
    assertThat(host.unreachable).hasSize(1);
  }

  @Test
  void pausedProcessHearsAllOfItLaterInOrder() {
    host.pausedUntilNanos = 1_000_000;
    send(50);

    assertThat(host.arrived).isSorted().hasSize(50);
    assertThat(scheduler.nowNanos()).isEqualTo(1_000_000);
  }

  private void send(int count) {
    for (int i = 0; i < count; i++) {
      first.send(List.of(message(i)));
    }
    runAll();
  }

  private void runAll() {
    while (scheduler.runNext(Long.MAX_VALUE)) {}
  }

  private List<Long> sorted() {
    return host.arrived.stream().sorted(Comparator.naturalOrder()).toList();
  }

  private static Message message(long term) {
    return new Message.TimeoutNow(new MemberId(1), new MemberId(2), term);
  }

  private static final class Deaf implements Transport.Listener {
    @Override
    public void received(Message message) {}

    @Override
    public void unreachable(MemberId peer) {}
  }

  private static final class Host implements NetworkHost {
    final List<Long> arrived = new ArrayList<>();
    final List<Integer> unreachable = new ArrayList<>();
    int incarnation = 1;
    long pausedUntilNanos;

    @Override
    public int incarnation(int machine) {
      return machine == 0 ? 1 : incarnation;
    }

    @Override
    public long pausedUntilNanos(int machine) {
      return pausedUntilNanos;
    }

    @Override
    public void listening(int machine, int incarnation, Transport.Listener listener) {}

    @Override
    public void sending(int machine, Message message) {}

    @Override
    public void deliver(int machine, Message message) {
      arrived.add(message.term());
    }

    @Override
    public void removed(int machine) {
      throw new AssertionError("nobody is removed here");
    }

    @Override
    public void unreachable(int machine, int peer) {
      unreachable.add(peer);
    }
  }
}
