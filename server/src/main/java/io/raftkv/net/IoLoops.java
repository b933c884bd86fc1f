package io.raftkv.net;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.ServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.netty.shaded.io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that move a member's bytes, those of its clients and those of its peers: one for two
 * processors. On a small machine all of a request happens on one of them, but for what the disk
 * does, and a hand-over from one thread to another costs more than what either does. For any
 * thread.
 */
public final class IoLoops implements AutoCloseable {
  private static final long CLOSE_MILLIS_MAX = 800;

  private final EventLoopGroup group;
  private final List<EventLoop> loops = new ArrayList<>();
  private final AtomicInteger users = new AtomicInteger(1);

  private IoLoops(int threads, String name) {
    group =
        new MultiThreadIoEventLoopGroup(
            threads,
            new DefaultThreadFactory(name, true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    for (EventExecutor loop : group) {
      loops.add((EventLoop) loop);
    }
  }

  /**
   * Starts them.
   *
   * @param name of the threads
   */
  public static IoLoops open(String name) {
    return new IoLoops(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), name);
  }

  /** The same loops, for one who will close them, too: they end when the last one does. */
  public IoLoops shared() {
    users.incrementAndGet();
    return this;
  }

  public EventLoopGroup group() {
    return group;
  }

  /** One of them. What is of different numbers does not hold each other up, if there are two. */
  public EventLoop loop(int number) {
    return loops.get(number % loops.size());
  }

  /** The loop that runs the caller; any if none does. */
  public EventLoop current() {
    for (EventLoop loop : loops) {
      if (loop.inEventLoop()) {
        return loop;
      }
    }
    return loops.get(0);
  }

  /** Of sockets that dial. */
  public static Class<? extends Channel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** A socket that listens. */
  static ServerSocketChannel serverSocket() {
    return Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
  }

  /**
   * Once the last user is done, the loops end within a second, and with them what is open there.
   */
  @Override
  public void close() {
    if (users.decrementAndGet() == 0) {
      group
          .shutdownGracefully(0, CLOSE_MILLIS_MAX / 2, TimeUnit.MILLISECONDS)
          .awaitUninterruptibly(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    }
  }
}
