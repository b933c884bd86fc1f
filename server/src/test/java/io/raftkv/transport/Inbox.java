package io.raftkv.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener that keeps what it hears, per stream. */
final class Inbox implements Transport.Listener {
  static final long PATIENCE_SECONDS = 30;

  final BlockingQueue<Message> control = new LinkedBlockingQueue<>();
  final BlockingQueue<Message> others = new LinkedBlockingQueue<>();
  final BlockingQueue<MemberId> unreachable = new LinkedBlockingQueue<>();
  final BlockingQueue<MemberId> forwardsLost = new LinkedBlockingQueue<>();

  @Override
  public void received(Message message) {
    (message.stream() == Message.Stream.CONTROL ? control : others).add(message);
  }

  @Override
  public void unreachable(MemberId peer) {
    unreachable.add(peer);
  }

  @Override
  public void forwardsLost(MemberId peer) {
    forwardsLost.add(peer);
  }

  static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(next).as("arrives in time").isNotNull();
    return next;
  }
}
