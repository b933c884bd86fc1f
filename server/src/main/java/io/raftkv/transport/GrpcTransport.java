package io.raftkv.transport;

import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.raftkv.net.ConnectionGate;
import io.raftkv.net.IoLoops;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Carries messages between members over gRPC, on a port of its own that serves nothing else.
 *
 * <p>Order is kept per peer and kind of message. A message that cannot leave now, because there is
 * no connection or the peer takes too little, is dropped and counted; a message that left may be
 * lost when its connection breaks.
 *
 * <p>Thread-safe. The listener is called on Netty's loops and must not block.
 */
public final class GrpcTransport implements Transport {
  /** An append holds up to about 1 MiB of entries, or a single one of up to about 1.6 MiB. */
  private static final int MESSAGE_BYTES_MAX = 8 << 20;

  private static final int METADATA_BYTES_MAX = 8 << 10;

  /** Three from each member, and as many again that are about to close; clusters have 9 at most. */
  private static final int CONNECTIONS_MAX = 64;

  private static final int GUESTS_MAX = 16;

  private static final int CALLS_PER_CONNECTION_MAX = 16;

  /** What one stream may have on the way unread: several appends of the largest size. */
  private static final int WINDOW_BYTES = 4 << 20;

  private static final int CONNECT_MILLIS_MAX = 2_000;

  /**
   * The listening side asks after so much silence, and gives up after as much again. gRPC makes the
   * dialling side ask every 10 s at most; but there the kernel gives up as early on bytes that
   * nobody acknowledges (TCP_USER_TIMEOUT, with epoll), and a leader always has some on the way.
   */
  private static final int KEEP_ALIVE_SECONDS = 2;

  private static final int HANDSHAKE_SECONDS_MAX = 10;
  private static final int IDLE_SECONDS_MAX = 60;
  private static final int RESETS_PER_WINDOW_MAX = 200;
  private static final int RESETS_WINDOW_SECONDS = 30;

  /** Nobody compresses here, and so nobody can send a bomb. */
  private static final DecompressorRegistry UNCOMPRESSED =
      DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false);

  private final TransportOptions options;
  private final Acquaintances acquaintances;
  private final TransportStats stats = new TransportStats();
  private final RateLimitedLog log =
      new RateLimitedLog(LoggerFactory.getLogger(GrpcTransport.class));
  private final IoLoops loops;

  /** Not per address: behind one there may be all the members. */
  private final ConnectionGate gate = new ConnectionGate(CONNECTIONS_MAX, CONNECTIONS_MAX);

  private final Server server;
  private final int port;
  private final Host host = new Host();

  /** Replaced as a whole, under this object's monitor. */
  private volatile Map<MemberId, Peer> peers = Map.of();

  /**
   * Members of this cluster whom our configuration does not name: ours may be the older one, and
   * one of them may lead (Raft thesis 4.1). They are heard and answered, and not dialled.
   */
  private final Map<MemberId, Peer> guests = new ConcurrentHashMap<>();

  /** Former members. */
  private volatile List<MemberId> removed = List.of();

  private volatile @Nullable Listener listener;
  private volatile boolean isClosed;

  private GrpcTransport(TransportOptions options, Acquaintances acquaintances, IoLoops loops)
      throws IOException {
    this.options = options;
    this.acquaintances = acquaintances;
    this.loops = loops;
    InetSocketAddress address = new InetSocketAddress(options.listenHost(), options.listenPort());
    this.server =
        NettyServerBuilder.forAddress(address)
            .bossEventLoopGroup(loops.group())
            .workerEventLoopGroup(loops.group())
            .channelFactory(gate.sockets())
            .directExecutor()
            .addService(new PeerService(options, loops, stats, host).definition())
            .decompressorRegistry(UNCOMPRESSED)
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .maxInboundMetadataSize(METADATA_BYTES_MAX)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
            .maxRstFramesPerWindow(RESETS_PER_WINDOW_MAX, RESETS_WINDOW_SECONDS)
            .flowControlWindow(WINDOW_BYTES)
            .handshakeTimeout(HANDSHAKE_SECONDS_MAX, TimeUnit.SECONDS)
            .maxConnectionIdle(IDLE_SECONDS_MAX, TimeUnit.SECONDS)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 2, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .build();
    try {
      port = server.start().getPort();
    } catch (IOException e) {
      loops.close();
      throw bindFailure(e);
    }
  }

  private IOException bindFailure(IOException e) {
    Throwable cause = e;
    while (!(cause instanceof BindException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return new IOException(
        "cannot listen for peers on "
            + options.listenHost()
            + ":"
            + options.listenPort()
            + ": "
            + cause.getMessage(),
        e);
  }

  /**
   * Listens from now on; until {@link #start}, tells whoever dials that this member is starting.
   *
   * @param loops closed with the transport, also if it cannot be made
   * @throws IOException if the address cannot be bound; the message names it and the cause
   */
  public static GrpcTransport bind(
      TransportOptions options, Acquaintances acquaintances, IoLoops loops) throws IOException {
    return new GrpcTransport(options, acquaintances, loops);
  }

  /** As above, on loops of its own. */
  public static GrpcTransport bind(TransportOptions options, Acquaintances acquaintances)
      throws IOException {
    return bind(options, acquaintances, IoLoops.open("peer-io"));
  }

  /** As above, of a member that keeps nothing. */
  public static GrpcTransport bind(TransportOptions options) throws IOException {
    return bind(options, Acquaintances.NONE);
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  public TransportStats stats() {
    return stats;
  }

  /** Connections that other members made. */
  public ConnectionGate gate() {
    return gate;
  }

  /** Messages that wait for this member. */
  public int queued(MemberId member) {
    Peer peer = peers.get(member);
    return peer == null ? 0 : peer.queued();
  }

  /** Whether votes and heartbeats can leave for this member now. */
  public boolean isConnected(MemberId member) {
    Peer peer = peers.get(member);
    return peer != null && peer.isConnected();
  }

  /** Where a member is reached now, if that is not where the configuration says. */
  public Optional<String> movedTo(MemberId member) {
    Peer peer = peers.get(member);
    return peer == null ? Optional.empty() : peer.movedTo();
  }

  @Override
  public synchronized void start(Listener listener) {
    if (this.listener != null) {
      throw new IllegalStateException("started twice");
    }
    this.listener = listener;
    peers.values().forEach(Peer::dial);
  }

  @Override
  public void send(List<Message> messages) {
    if (isClosed) {
      return;
    }
    Map<MemberId, Peer> current = peers;
    for (Message message : messages) {
      offer(current, message);
    }
  }

  @Override
  public Offer offer(Message message) {
    return isClosed ? Offer.NOT_CONNECTED : offer(peers, message);
  }

  private Offer offer(Map<MemberId, Peer> current, Message message) {
    Peer member = current.get(message.to());
    Peer peer = member == null ? guests.get(message.to()) : member;
    if (peer == null) {
      stats.countDroppedUnconnected(message.stream());
      return Offer.NOT_CONNECTED;
    }
    return peer.offer(message);
  }

  @Override
  public synchronized void setMembers(Configuration configuration) {
    if (isClosed) {
      return;
    }
    removed = configuration.removed();
    Map<MemberId, Peer> old = peers;
    Map<MemberId, Peer> next = new HashMap<>();
    for (Member member : configuration.members()) {
      Peer known = old.get(member.id());
      if (member.id().equals(options.self())) {
        continue;
      }
      next.put(
          member.id(),
          known != null && known.settleAt(member.peerAddress())
              ? known
              : new Peer(member.id(), member.peerAddress(), options, loops, stats, host));
    }
    // Voters that are being left have a say until the joint configuration is left too.
    for (MemberId outgoing : configuration.outgoingVoters()) {
      Peer known = old.get(outgoing);
      if (known != null) {
        next.putIfAbsent(outgoing, known);
      }
    }
    peers = Map.copyOf(next);
    closeGuests(next);
    for (Peer peer : old.values()) {
      if (next.get(peer.id()) != peer) {
        peer.close();
      }
    }
    if (listener != null) {
      for (Peer peer : next.values()) {
        if (old.get(peer.id()) != peer) {
          peer.dial();
        }
      }
    }
  }

  /** Those who are members now come again as such; those who were removed are told. */
  private void closeGuests(Map<MemberId, Peer> members) {
    for (Peer guest : guests.values()) {
      if ((members.containsKey(guest.id()) || removed.contains(guest.id()))
          && guests.remove(guest.id(), guest)) {
        guest.close();
      }
    }
  }

  @Override
  public Optional<String> clientAddress(MemberId member) {
    if (member.equals(options.self())) {
      return Optional.of(options.clientAddress());
    }
    Peer peer = peers.getOrDefault(member, guests.get(member));
    return peer == null ? Optional.empty() : peer.clientAddress();
  }

  /** Stops within a second. What is queued is lost. No listener is called any more. */
  @Override
  public synchronized void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    peers.values().forEach(Peer::close);
    guests.values().forEach(Peer::close);
    server.shutdownNow();
    loops.close();
  }

  /** What peers and the service see of the transport. */
  private final class Host implements Peer.Host, PeerService.Host {
    @Override
    public ManagedChannel open(String address, EventLoop loop) {
      HostAndPort target = HostAndPort.parse(address);
      NettyChannelBuilder channel =
          target.isLiteral()
              ? NettyChannelBuilder.forAddress(new InetSocketAddress(target.host(), target.port()))
              : NettyChannelBuilder.forAddress(target.host(), target.port());
      return channel
          .eventLoopGroup(loop)
          .channelType(IoLoops.channelType())
          .directExecutor()
          .usePlaintext()
          .disableRetry()
          .disableServiceConfigLookUp()
          .proxyDetector(any -> null)
          .decompressorRegistry(UNCOMPRESSED)
          .maxInboundMessageSize(MESSAGE_BYTES_MAX)
          .maxInboundMetadataSize(METADATA_BYTES_MAX)
          .flowControlWindow(WINDOW_BYTES)
          .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS_MAX)
          .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
          .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
          .keepAliveWithoutCalls(true)
          .build();
    }

    @Override
    public Handshake handshake(MemberId to) {
      return new Handshake(
          options.clusterId(),
          options.self(),
          to,
          options.clientAddress(),
          options.peerAddress(),
          acquaintances.folder());
    }

    @Override
    public Handshake handshake(Peer peer) {
      return handshake(peer.id());
    }

    @Override
    public Handshake check(Metadata metadata, MemberId from) throws Handshake.RefusedException {
      Handshake other =
          Handshake.check(metadata, options.clusterId(), options.self(), from::equals, id -> false);
      if (acquaintances.meet(from, other.folder()) == Acquaintances.Meeting.OTHER_FOLDER) {
        // Not in its words: it is not we who have lost something.
        throw new Handshake.RefusedException(
            Status.FAILED_PRECONDITION.withDescription(other.otherFolder().getMessage()));
      }
      acquaintances.metBy(from);
      return other;
    }

    @Override
    public @Nullable Peer greet(Metadata metadata) throws Handshake.RefusedException {
      if (listener == null || isClosed) {
        return null;
      }
      Map<MemberId, Peer> current = peers;
      Handshake other =
          Handshake.check(
              metadata,
              options.clusterId(),
              options.self(),
              id -> current.containsKey(id) || mayBeGuest(id),
              removed::contains);
      if (current.containsKey(other.from())) {
        switch (acquaintances.meet(other.from(), other.folder())) {
          case NEW -> {
            return null; // What we answer is a promise to remember.
          }
          case OTHER_FOLDER -> throw other.otherFolder();
          case KNOWN -> {}
        }
      }
      Peer member = current.get(other.from());
      Peer peer = member == null ? guest(other.from()) : member;
      peer.learn(other);
      if (member != null) {
        // It is there: no need to wait for the next attempt.
        member.dial();
      }
      return peer;
    }

    private boolean mayBeGuest(MemberId id) {
      return !removed.contains(id)
          && (guests.containsKey(id)
              || guests.size() < GUESTS_MAX
              || guests.values().removeIf(guest -> !guest.isHeard()));
    }

    private Peer guest(MemberId id) {
      return guests.computeIfAbsent(id, any -> new Peer(id, "", options, loops, stats, host));
    }

    @Override
    public void deliver(Message message) {
      Listener current = listener;
      if (current != null && !isClosed && acquaintances.mayTakePart()) {
        current.received(message);
      }
    }

    @Override
    public void unreachable(MemberId member) {
      Listener current = listener;
      if (current != null && !isClosed) {
        current.unreachable(member);
      }
    }

    @Override
    public void removed() {
      Listener current = listener;
      if (current != null && !isClosed) {
        current.removed();
      }
    }

    @Override
    public void disowned(MemberId member, String why) {
      if (!isClosed) {
        acquaintances.disownedBy(member, why);
      }
    }

    @Override
    public void forwardsLost(MemberId member) {
      Listener current = listener;
      if (current != null && !isClosed) {
        current.forwardsLost(member);
      }
    }

    @Override
    public RateLimitedLog log() {
      return log;
    }
  }
}
