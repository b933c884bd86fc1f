package io.raftkv.transport;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.raftkv.net.IoLoops;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport.Offer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Another member: the links that we dialled for requests, and the streams that it opened, on which
 * answers return.
 */
final class Peer implements Link.Owner {
  /** What a peer needs of the transport. For any thread. */
  interface Host {
    ManagedChannel open(String address, EventLoop loop);

    Handshake handshake(MemberId to);

    Handshake check(Metadata metadata, MemberId from) throws Handshake.RefusedException;

    void deliver(Message message);

    void unreachable(MemberId member);

    void forwardsLost(MemberId member);

    /** The peer says that this member was removed. */
    void removed();

    /** The peer says that this member came with another folder before. */
    void disowned(MemberId member, String why);

    RateLimitedLog log();
  }

  private final MemberId id;

  /** Where the configuration says that it is. */
  private volatile String address;

  /** Where it says itself that it is; empty if it does not. */
  private volatile String announced = "";

  /** Which of the two the next attempt goes to. */
  private volatile String next;

  /** Where the latest attempt went: with control up, where the peer is. */
  private volatile String dialled;

  private final TransportStats stats;
  private final Host host;
  private final Decoder decoder;
  private final Map<Rpc.Connection, Link> links = new EnumMap<>(Rpc.Connection.class);

  /** By the ordinal of {@link Rpc}: the newest stream that the peer opened. */
  private final AtomicReferenceArray<@Nullable Outbox> answers =
      new AtomicReferenceArray<>(Rpc.COUNT);

  /** As the peer said itself; null until then. */
  private volatile @Nullable String clientAddress;

  private volatile boolean isControlUp;

  /** Until the first connection, a peer that does not answer is one that has not started yet. */
  private volatile boolean wasControlUp;

  private volatile boolean isClosed;

  Peer(
      MemberId id,
      String address,
      TransportOptions options,
      IoLoops loops,
      TransportStats stats,
      Host host) {
    this.id = id;
    this.address = address;
    this.next = address;
    this.dialled = address;
    this.stats = stats;
    this.host = host;
    this.decoder = new Decoder(id, options.self());
    for (Rpc.Connection connection : Rpc.Connection.values()) {
      links.put(
          connection, new Link(connection, loops.loop(connection.ordinal()), options, stats, this));
    }
  }

  MemberId id() {
    return id;
  }

  /**
   * The configuration says that it is there now.
   *
   * @return whether this goes on; else it is to be closed, and another one takes its place
   */
  boolean settleAt(String configured) {
    boolean isKnown = configured.equals(address) || configured.equals(dialled);
    if (isKnown && !configured.equals(address)) {
      address = configured;
      next = configured;
    }
    return isKnown;
  }

  /** Where it is reached, if that is not where the configuration says. */
  Optional<String> movedTo() {
    String reached = dialled;
    return isControlUp && !reached.equals(address) ? Optional.of(reached) : Optional.empty();
  }

  Optional<String> clientAddress() {
    return Optional.ofNullable(clientAddress);
  }

  /** The peer said where it is reached. */
  void learn(Handshake said) {
    clientAddress = said.clientAddress();
    if (!said.peerAddress().equals(announced)) {
      announced = said.peerAddress();
      next = announced.isEmpty() ? address : announced;
    }
  }

  boolean isConnected() {
    return isControlUp;
  }

  /** Whether a stream is open that it made. For any thread. */
  boolean isHeard() {
    for (int i = 0; i < Rpc.COUNT; i++) {
      if (answers.get(i) != null) {
        return true;
      }
    }
    return false;
  }

  /** Messages that wait for it, requests and answers. For any thread. */
  int queued() {
    int queued = links.values().stream().mapToInt(Link::queued).sum();
    for (int i = 0; i < Rpc.COUNT; i++) {
      Outbox outbox = answers.get(i);
      queued += outbox == null ? 0 : outbox.size();
    }
    return queued;
  }

  /** Starts to connect; also a hint that the peer is there. */
  void dial() {
    link(Rpc.Connection.CONTROL).dial();
  }

  /** Queues the message, or drops it. For any thread. */
  Offer offer(Message message) {
    Rpc rpc = Rpc.of(message);
    if (!Rpc.isAnswer(message)) {
      return link(connection(rpc)).offer(rpc, message);
    }
    Outbox outbox = answers.get(rpc.ordinal());
    if (outbox == null) {
      stats.countDroppedUnconnected(message.stream());
      return Offer.NOT_CONNECTED;
    }
    Offer offer = outbox.offer(message);
    if (offer == Offer.FULL && rpc == Rpc.FORWARD) {
      // Nobody asks again for the answer to a forwarded request. That the stream ends tells the
      // peer that what it has sent on it is unknown.
      outbox.close(Status.RESOURCE_EXHAUSTED.withDescription("answers are not taken"));
    }
    return offer;
  }

  private static Rpc.Connection connection(Rpc rpc) {
    return switch (rpc) {
      case APPEND_ENTRIES -> Rpc.Connection.REPLICATION;
      case INSTALL_SNAPSHOT -> Rpc.Connection.SNAPSHOT;
      case REQUEST_VOTE, HEARTBEAT, TIMEOUT_NOW, READ_INDEX, FORWARD -> Rpc.Connection.CONTROL;
    };
  }

  private Link link(Rpc.Connection connection) {
    Link link = links.get(connection);
    if (link == null) {
      throw new IllegalStateException("no link for " + connection);
    }
    return link;
  }

  /** The peer opened a stream: answers go there from now on. */
  void answerOn(Rpc rpc, Outbox outbox) {
    Outbox older = answers.getAndSet(rpc.ordinal(), outbox);
    if (older != null) {
      older.close(Status.CANCELLED.withDescription("a newer stream replaces this one"));
    }
    if (isClosed) {
      closeAnswers();
    }
  }

  void answerEnded(Rpc rpc, Outbox outbox) {
    answers.compareAndSet(rpc.ordinal(), outbox, null);
    outbox.ended();
  }

  /** No longer a member, or at another address. */
  void close() {
    isClosed = true;
    links.values().forEach(Link::close);
    closeAnswers();
  }

  private void closeAnswers() {
    for (int i = 0; i < Rpc.COUNT; i++) {
      Outbox outbox = answers.getAndSet(i, null);
      if (outbox != null) {
        outbox.close(Status.UNAVAILABLE.withDescription("this member closes the connection"));
      }
    }
  }

  @Override
  public ManagedChannel open(Rpc.Connection connection, EventLoop loop) {
    if (connection == Rpc.Connection.CONTROL) {
      dialled = next;
    }
    return host.open(dialled, loop);
  }

  @Override
  public Metadata handshake() {
    return host.handshake(id).encode();
  }

  @Override
  public void checkAnswer(Metadata headers) throws Handshake.RefusedException {
    try {
      learn(host.check(headers, id));
    } catch (Handshake.RefusedException e) {
      stats.countRefusedHandshake();
      throw e;
    }
  }

  @Override
  public void received(Frame frame) throws BadMessageException {
    Message message;
    try {
      message = decoder.decode(frame);
    } catch (BadMessageException e) {
      stats.countBadMessage();
      host.log()
          .warn("bad" + id, "closed a stream of member {}: {}", id, Printable.of(e.getMessage()));
      throw e;
    }
    if (!isClosed) {
      stats.countReceived(message.stream());
      host.deliver(message);
    }
  }

  @Override
  public boolean mayDial(Rpc.Connection connection) {
    // Where control cannot connect the others could not either; it wakes them.
    return !isClosed && (connection == Rpc.Connection.CONTROL || isControlUp);
  }

  @Override
  public void lost(Rpc rpc) {
    if (rpc == Rpc.FORWARD) {
      host.forwardsLost(id);
    }
  }

  @Override
  public void up(Rpc.Connection connection) {
    if (connection == Rpc.Connection.CONTROL) {
      isControlUp = true;
      wasControlUp = true;
      link(Rpc.Connection.REPLICATION).dial();
      link(Rpc.Connection.SNAPSHOT).dial();
    }
  }

  @Override
  public void down(Rpc.Connection connection, Status status, boolean isGone) {
    if (connection != Rpc.Connection.CONTROL) {
      return;
    }
    isControlUp = false;
    String tried = dialled;
    // One after the other: what it says itself may be wrong, too.
    String said = announced;
    next = tried.equals(address) && !said.isEmpty() ? said : address;
    if (isGone && !isClosed) {
      host.unreachable(id);
    }
    if (status.getCode() == Handshake.REMOVED && !isClosed) {
      host.removed();
    }
    if (status.getCode() == Handshake.OTHER_FOLDER && !isClosed) {
      host.disowned(id, Printable.of(status.getDescription()));
    }
    switch (status.getCode()) {
      case FAILED_PRECONDITION, PERMISSION_DENIED, NOT_FOUND, ALREADY_EXISTS -> {
        stats.countRefusedHandshake();
        host.log()
            .warn(
                "dial" + id,
                "no connection to member {} at {}: {}",
                id,
                tried,
                Printable.of(status.getDescription()));
      }
      default -> {
        String reason = Printable.of(reason(status));
        if (wasControlUp) {
          host.log()
              .warn("dial" + id, "connection to member {} at {} broke: {}", id, tried, reason);
        } else {
          host.log()
              .info("wait" + id, "member {} at {} does not answer yet: {}", id, tried, reason);
        }
      }
    }
  }

  private static @Nullable String reason(Status status) {
    Throwable cause = status.getCause();
    return cause == null ? status.getCode() + " " + status.getDescription() : cause.getMessage();
  }
}
