package io.raftkv.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport.Offer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One connection that this member dials to a peer, with the streams that share it.
 *
 * <pre>
 *            dial                      every stream's handshake is good
 *   IDLE ----------> ATTEMPT -----------------------------------------> UP
 *    ^                  |  refused, silent, broken                      |
 *    |   backoff        v                                               |
 *    '--------------- WAITING <-----------------------------------------'
 *                                       broken: the first wait is none
 * </pre>
 *
 * Each attempt has a channel of its own: gRPC's, once it has failed, backs off for seconds and
 * answers with the old failure, and neither is of use when a failover hangs on the answer.
 *
 * <p>Everything but {@link #offer} is confined to one loop, to which the other methods hand over.
 */
final class Link {
  /** What a link tells the peer that it belongs to. Called on the loop. */
  interface Owner {
    ManagedChannel open(Rpc.Connection connection, EventLoop loop);

    Metadata handshake();

    void checkAnswer(Metadata headers) throws Handshake.RefusedException;

    void received(Frame frame) throws BadMessageException;

    boolean mayDial(Rpc.Connection connection);

    void up(Rpc.Connection connection);

    /** A stream has ended that took messages. */
    void lost(Rpc rpc);

    /**
     * The connection broke, or could not be made.
     *
     * @param isGone it worked before, and the peer's host refused a new one since
     */
    void down(Rpc.Connection connection, Status status, boolean isGone);
  }

  private static final long BACKOFF_MILLIS_MIN = 10;
  private static final long BACKOFF_MILLIS_MAX = 250;
  private static final long HANDSHAKE_MILLIS_MAX = 5_000;

  /** A connection that lived for so long was a good one: the next attempt is made at once. */
  private static final long STABLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final Rpc.Connection connection;
  private final EventLoop loop;
  private final TransportOptions options;
  private final TransportStats stats;
  private final Owner owner;

  /** By the ordinal of {@link Rpc}: streams that are open for messages. */
  private final AtomicReferenceArray<@Nullable Outbox> outboxes =
      new AtomicReferenceArray<>(Rpc.COUNT);

  private @Nullable Attempt attempt;
  private @Nullable ScheduledFuture<?> retry;

  /** Failures since the last connection that lived. */
  private int failures;

  /** A connection that worked broke, and no attempt has told yet whether the peer is gone. */
  private boolean isBroken;

  private volatile boolean isClosed;

  Link(
      Rpc.Connection connection,
      EventLoop loop,
      TransportOptions options,
      TransportStats stats,
      Owner owner) {
    this.connection = connection;
    this.loop = loop;
    this.options = options;
    this.stats = stats;
    this.owner = owner;
  }

  /** Queues the message, or drops it. For any thread. */
  Offer offer(Rpc rpc, Message message) {
    Outbox outbox = outboxes.get(rpc.ordinal());
    if (outbox == null) {
      stats.countDroppedUnconnected(message.stream());
      return Offer.NOT_CONNECTED;
    }
    return outbox.offer(message);
  }

  /** Messages that wait. For any thread. */
  int queued() {
    int queued = 0;
    for (int i = 0; i < Rpc.COUNT; i++) {
      Outbox outbox = outboxes.get(i);
      queued += outbox == null ? 0 : outbox.size();
    }
    return queued;
  }

  /** Dials now, unless it does or is connected: there is reason to believe that it would work. */
  void dial() {
    onLoop(this::dialOnLoop);
  }

  void close() {
    onLoop(
        () -> {
          isClosed = true;
          cancelRetry();
          if (attempt != null) {
            attempt.end("closed");
            attempt = null;
          }
        });
  }

  private void dialOnLoop() {
    if (isClosed || attempt != null || !owner.mayDial(connection)) {
      return;
    }
    cancelRetry();
    ManagedChannel channel;
    try {
      channel = owner.open(connection, loop);
    } catch (IllegalArgumentException e) {
      // No address: nothing to try again until the configuration names another one.
      owner.down(connection, Status.INVALID_ARGUMENT.withDescription(e.getMessage()), false);
      return;
    }
    attempt = new Attempt(channel);
    attempt.start();
  }

  private void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The transport has closed, and with it every connection: there is nothing left to do.
      isClosed = true;
    }
  }

  private void cancelRetry() {
    if (retry != null) {
      retry.cancel(false);
      retry = null;
    }
  }

  private void ended(Attempt ended, Status status) {
    if (attempt != ended) {
      return;
    }
    attempt = null;
    ended.end("broken");
    if (isClosed) {
      return;
    }
    if (ended.isUp()) {
      stats.countBreak();
      isBroken = true;
      if (System.nanoTime() - ended.upNanos > STABLE_NANOS) {
        failures = 0;
      }
    }
    boolean isGone = isBroken && !ended.isUp() && Refusal.isRefusal(status);
    if (isGone) {
      isBroken = false;
    }
    retry = loop.schedule(this::dialOnLoop, backoffMillis(failures++), TimeUnit.MILLISECONDS);
    owner.down(connection, status, isGone);
  }

  private static long backoffMillis(int failures) {
    if (failures == 0) {
      return 0;
    }
    long millis = Math.min(BACKOFF_MILLIS_MAX, BACKOFF_MILLIS_MIN << Math.min(failures - 1, 10));
    return millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1);
  }

  /** One channel and its calls, from dialling to breaking. */
  private final class Attempt {
    private final ManagedChannel channel;
    private final List<Stream> streams = new ArrayList<>();
    private int streamsUp;
    private long upNanos;
    private @Nullable ScheduledFuture<?> deadline;

    Attempt(ManagedChannel channel) {
      this.channel = channel;
    }

    void start() {
      deadline =
          loop.schedule(
              () -> ended(this, Status.DEADLINE_EXCEEDED.withDescription("no answer to handshake")),
              HANDSHAKE_MILLIS_MAX,
              TimeUnit.MILLISECONDS);
      for (Rpc rpc : connection.rpcs()) {
        Stream stream = new Stream(this, rpc, channel.newCall(rpc.method(), CallOptions.DEFAULT));
        streams.add(stream);
        stream.call.start(stream, owner.handshake());
        stream.call.request(Integer.MAX_VALUE);
      }
    }

    boolean isUp() {
      return streamsUp == streams.size();
    }

    void streamUp() {
      streamsUp++;
      if (isUp()) {
        upNanos = System.nanoTime();
        isBroken = false;
        cancelDeadline();
        stats.countConnect();
        owner.up(connection);
      }
    }

    private void cancelDeadline() {
      if (deadline != null) {
        deadline.cancel(false);
        deadline = null;
      }
    }

    void end(String why) {
      cancelDeadline();
      for (Stream stream : streams) {
        stream.end(why);
      }
      channel.shutdownNow();
    }
  }

  /** One call. gRPC calls it on the loop, but for failures before there is a connection. */
  private final class Stream extends ClientCall.Listener<Frame> implements Outbox.Sink {
    private final Attempt attempt;
    private final Rpc rpc;
    private final ClientCall<Frame, Frame> call;
    private @Nullable Outbox outbox;
    private boolean hasEnded;

    Stream(Attempt attempt, Rpc rpc, ClientCall<Frame, Frame> call) {
      this.attempt = attempt;
      this.rpc = rpc;
      this.call = call;
    }

    @Override
    public void onHeaders(Metadata headers) {
      if (hasEnded) {
        return;
      }
      try {
        owner.checkAnswer(headers);
      } catch (Handshake.RefusedException e) {
        fail(e.status());
        return;
      }
      outbox = new Outbox(loop, this, options.budget(rpc.stream()), stats);
      outboxes.set(rpc.ordinal(), outbox);
      attempt.streamUp();
    }

    @Override
    public void onMessage(Frame frame) {
      if (hasEnded || outbox == null) {
        return;
      }
      try {
        owner.received(frame);
      } catch (BadMessageException e) {
        fail(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
      }
    }

    @Override
    public void onReady() {
      if (outbox != null) {
        outbox.schedule();
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      fail(status.isOk() ? Status.UNAVAILABLE.withDescription("the peer ended a stream") : status);
    }

    /** In a task of its own: gRPC is inside this call, and has yet to note what it tells. */
    private void fail(Status status) {
      onLoop(() -> ended(attempt, status));
    }

    void end(String why) {
      hasEnded = true;
      if (outbox != null) {
        outboxes.compareAndSet(rpc.ordinal(), outbox, null);
        outbox.ended();
        owner.lost(rpc);
      }
      call.cancel(why, null);
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void send(Frame frame) {
      call.sendMessage(frame);
    }

    @Override
    public void close(Status status) {
      call.cancel(status.getDescription(), null);
    }
  }
}
