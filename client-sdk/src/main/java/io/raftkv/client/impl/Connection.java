package io.raftkv.client.impl;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.raftkv.client.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The channel to one member, made when it is first used, and what is known about that member: does
 * it accept connections, does it answer.
 *
 * <p>Thread-safe.
 */
final class Connection {
  private static final int MESSAGE_BYTES_MAX = 16 << 20;
  private static final long REFUSED_AVOID_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Endpoint endpoint;
  private final Duration connectTimeout;
  private final NetworkLoops loops;
  private final Pipeline pipeline = new Pipeline(this);
  private final Set<Runnable> waiters = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean isWatching = new AtomicBoolean();
  private final AtomicBoolean isSilent = new AtomicBoolean();
  private volatile long lastAnswerNanos = System.nanoTime();
  private volatile long avoidUntilNanos = lastAnswerNanos;
  private volatile @Nullable ManagedChannel channel;
  private boolean isShutdown; // guarded by this

  Connection(Endpoint endpoint, Duration connectTimeout, NetworkLoops loops) {
    this.endpoint = endpoint;
    this.loops = loops;
    this.connectTimeout = connectTimeout;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  /** For small calls. */
  Pipeline pipeline() {
    return pipeline;
  }

  ManagedChannel channel() {
    ManagedChannel open = channel;
    return open == null ? open() : open;
  }

  private synchronized ManagedChannel open() {
    ManagedChannel open = channel;
    if (open == null) {
      open =
          NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
              .usePlaintext()
              .eventLoopGroup(loops.group())
              .channelType(NetworkLoops.channelType())
              .directExecutor()
              .proxyDetector(target -> null)
              .userAgent("raftkv-java")
              .maxInboundMessageSize(MESSAGE_BYTES_MAX)
              .withOption(
                  ChannelOption.CONNECT_TIMEOUT_MILLIS,
                  Math.toIntExact(Math.max(100, connectTimeout.toMillis())))
              // Ends a connection into the void; only while a call is under way.
              .keepAliveTime(10, TimeUnit.SECONDS)
              .keepAliveTimeout(3, TimeUnit.SECONDS)
              .build();
      channel = open;
      if (isShutdown) {
        // Whoever comes late gets one that refuses, and nothing stays open behind the client.
        open.shutdownNow();
      }
    }
    return open;
  }

  /**
   * Runs {@code action} as soon as the channel is up or has failed: at once, or on gRPC's thread.
   */
  void whenSettled(Runnable action) {
    ManagedChannel open = channel();
    ConnectivityState state = open.getState(true);
    if (isPending(state)) {
      waiters.add(action);
      watch(open, state);
      return;
    }
    if (state == ConnectivityState.TRANSIENT_FAILURE) {
      // gRPC's own backoff grows to two minutes. An attempt in progress is not disturbed.
      open.resetConnectBackoff();
    }
    action.run();
  }

  /** Takes back what {@link #whenSettled} was given, if it waits still. */
  void forget(Runnable action) {
    waiters.remove(action);
  }

  private void watch(ManagedChannel open, ConnectivityState state) {
    if (isWatching.compareAndSet(false, true)) {
      open.notifyWhenStateChanged(state, () -> changed(open));
    }
  }

  private void changed(ManagedChannel open) {
    isWatching.set(false);
    if (waiters.isEmpty()) {
      return;
    }
    ConnectivityState state = open.getState(true);
    if (isPending(state)) {
      watch(open, state);
      return;
    }
    for (Runnable action : List.copyOf(waiters)) {
      if (waiters.remove(action)) {
        action.run();
      }
    }
  }

  private static boolean isPending(ConnectivityState state) {
    return state == ConnectivityState.CONNECTING || state == ConnectivityState.IDLE;
  }

  /** The member said something. */
  void answered() {
    lastAnswerNanos = System.nanoTime();
    if (isSilent.get()) {
      isSilent.set(false);
    }
  }

  /** Whether it has said something since then. */
  boolean hasAnsweredSince(long nanos) {
    return lastAnswerNanos - nanos > 0;
  }

  /** It did not answer; others are preferred until it does. Returns whether that is news. */
  boolean markSilent() {
    return isSilent.compareAndSet(false, true);
  }

  boolean isSilent() {
    return isSilent.get();
  }

  /** It refused a connection, or broke it; others are preferred for a moment. */
  void markRefused() {
    avoidUntilNanos = System.nanoTime() + REFUSED_AVOID_NANOS;
    isSilent.set(false);
  }

  /** Whether there is no reason to prefer others. */
  boolean isUsable() {
    return !isSilent.get() && System.nanoTime() - avoidUntilNanos >= 0;
  }

  /**
   * Drops the connection under the channel; calls under way keep theirs, new ones get a new one.
   */
  void renew() {
    ManagedChannel open = channel;
    if (open != null) {
      open.enterIdle();
      pipeline.retire();
    }
  }

  /** Ends what is under way; later calls are refused. */
  void shutdown() {
    ManagedChannel open = refuseLaterCalls();
    if (open != null) {
      // Whoever waits for it is told by the change of its state.
      open.shutdownNow();
    }
  }

  /** Lets what is under way end by itself; later calls are refused. */
  void retire() {
    ManagedChannel open = refuseLaterCalls();
    if (open != null) {
      open.shutdown();
      pipeline.retire();
    }
  }

  private synchronized @Nullable ManagedChannel refuseLaterCalls() {
    isShutdown = true;
    return channel;
  }

  /** Waits until the channel is gone, until then at the latest. */
  void awaitShutdown(long untilNanos) throws InterruptedException {
    ManagedChannel open = channel;
    if (open != null) {
      open.awaitTermination(Math.max(0, untilNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
  }
}
