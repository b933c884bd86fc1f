package io.raftkv.client.impl;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.netty.shaded.io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads that move the bytes of all clients of this process. They end with the last client:
 * gRPC's own would stay for a second, and a JVM that ends waits 0.3 s for threads that wait for the
 * network. Thread-safe.
 */
final class NetworkLoops implements AutoCloseable {
  private static final long CLOSE_MILLIS_MAX = 100;

  private static @Nullable NetworkLoops shared; // guarded by the class

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          // As many as netty thinks best.
          0,
          new DefaultThreadFactory("raftkv-client-io", true),
          Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());

  private int users; // guarded by the class

  private NetworkLoops() {}

  /** To be closed once by each who has acquired them. */
  static NetworkLoops acquire() {
    synchronized (NetworkLoops.class) {
      NetworkLoops loops = shared == null ? new NetworkLoops() : shared;
      loops.users++;
      shared = loops;
      return loops;
    }
  }

  EventLoopGroup group() {
    return group;
  }

  /** Of sockets that dial. */
  static Class<? extends Channel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** After the last user's connections have ended; waits a moment, unless one of them asks. */
  @Override
  public void close() {
    synchronized (NetworkLoops.class) {
      users--;
      if (users > 0) {
        return;
      }
      shared = null;
    }
    Future<?> ended = group.shutdownGracefully(0, CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    if (!NetworkThread.isCurrent()) {
      ended.awaitUninterruptibly(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    }
  }
}
