package io.raftkv.transport;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.EventExecutor;
import io.raftkv.net.ConnectionGate;
import java.util.concurrent.TimeUnit;

/**
 * The two threads that move bytes between members: one for what is small and urgent, one for
 * entries and snapshots, so that encoding a megabyte does not hold up a heartbeat.
 */
final class IoLoops {
  private static final long CLOSE_MILLIS_MAX = 800;

  private final EventLoopGroup group;
  private final EventLoop control;
  private final EventLoop bulk;

  IoLoops() {
    group = ConnectionGate.loops(2, "peer-io");
    control = group.next();
    bulk = group.next();
  }

  EventLoopGroup group() {
    return group;
  }

  EventLoop of(Rpc.Connection connection) {
    return connection == Rpc.Connection.CONTROL ? control : bulk;
  }

  /** The loop that runs the caller; any if none does. */
  EventLoop current() {
    for (EventExecutor loop : group) {
      if (loop.inEventLoop()) {
        return (EventLoop) loop;
      }
    }
    return control;
  }

  Class<? extends Channel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  void close() {
    group
        .shutdownGracefully(0, CLOSE_MILLIS_MAX / 2, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
  }
}
