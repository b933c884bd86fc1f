package io.raftkv.service;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.net.ConnectionGate;
import io.raftkv.net.IoLoops;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.RaftNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The server on the client port: the services, health and reflection, within the limits of a
 * connection. There is no peer service on it.
 */
public final class ClientServer implements AutoCloseable {
  /** How often calls are looked at whose deadline may have passed. */
  private static final Duration EXPIRE_PERIOD = Duration.ofMillis(100);

  /** What a shutdown leaves for connections to close once their calls have ended. */
  private static final Duration CLOSE_MAX = Duration.ofMillis(200);

  /**
   * What the services are made of. The server closes none of the parts.
   *
   * @param clientAddress where clients reach a member, this one included; empty while not known
   * @param hasReflection whether clients may ask for the published protos
   */
  public record Parts(
      MemberIdentity identity,
      RaftNode node,
      KvStateMachine store,
      Function<MemberId, Optional<String>> clientAddress,
      MemberFigures figures,
      BackupFormat backupFormat,
      ServiceLimits limits,
      ConnectionLimits connections,
      boolean hasReflection,
      IoLoops loops,
      NodeClock clock,
      ServiceMetrics metrics) {}

  private final ServiceContext context;
  private final HealthUpdater health;
  private final Server server;
  private final ConnectionGate gate;
  private final OpenCalls openCalls;
  private final PipelineService pipelines;
  private final IoLoops loops;
  private final ScheduledExecutorService timer;
  private final AtomicBoolean isDraining = new AtomicBoolean();

  private ClientServer(
      ServiceContext context,
      HealthUpdater health,
      Server server,
      ConnectionGate gate,
      OpenCalls openCalls,
      PipelineService pipelines,
      IoLoops loops,
      ScheduledExecutorService timer) {
    this.context = context;
    this.health = health;
    this.server = server;
    this.gate = gate;
    this.openCalls = openCalls;
    this.pipelines = pipelines;
    this.loops = loops;
    this.timer = timer;
  }

  /**
   * Listens and serves. Until a leader is known, what needs one is refused with NO_LEADER.
   *
   * @param address port 0 for any free one
   * @throws IOException if the address cannot be listened on; the message is one line that names it
   */
  public static ClientServer open(Parts parts, InetSocketAddress address) throws IOException {
    ServiceContext context =
        ServiceContext.of(
            parts.identity(),
            Consensus.of(parts.node()),
            parts.store(),
            parts.clientAddress(),
            parts.figures(),
            parts.backupFormat(),
            parts.limits(),
            parts.clock(),
            parts.metrics());
    return open(context, parts.connections(), parts.hasReflection(), parts.loops(), address);
  }

  static ClientServer open(
      ServiceContext context,
      ConnectionLimits limits,
      boolean hasReflection,
      InetSocketAddress address)
      throws IOException {
    return open(context, limits, hasReflection, IoLoops.open("client-io"), address);
  }

  private static ClientServer open(
      ServiceContext context,
      ConnectionLimits limits,
      boolean hasReflection,
      IoLoops loops,
      InetSocketAddress address)
      throws IOException {
    HealthStatusManager healthManager = new HealthStatusManager();
    LongSupplier appliedIndex = () -> context.reads().local().appliedIndex();
    HealthUpdater health = new HealthUpdater(healthManager, context.consensus(), appliedIndex);
    ConnectionGate gate =
        new ConnectionGate(limits.connectionsMax(), limits.connectionsPerAddressMax());
    ServerBuilder<?> builder =
        limited(NettyServerBuilder.forAddress(address), limits)
            .bossEventLoopGroup(loops.group())
            .workerEventLoopGroup(loops.group())
            .channelFactory(gate.sockets());
    OpenCalls openCalls = new OpenCalls(limits, context.calls().errors());
    builder.intercept(openCalls);
    builder.addTransportFilter(openCalls.connections());
    builder.addStreamTracerFactory(Caller.streams());
    builder.addTransportFilter(Caller.shares(context.calls(), context.limits().connectionParts()));
    KvService kv =
        new KvService(context, new Arrivals(context.consensus()::together, loops::current));
    PipelineService pipelines =
        new PipelineService(context, kv, loops::current, limits.pipelineIdleMax());
    services(context, kv, pipelines).forEach(builder::addService);
    builder.addService(healthManager.getHealthService());
    if (hasReflection) {
      reflection().forEach(builder::addService);
    }
    Server server = builder.build();
    try {
      server.start();
    } catch (IOException e) {
      context.close();
      loops.close();
      throw new IOException("cannot listen on " + text(address) + ": " + reason(e), e);
    }
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            run -> {
              Thread thread = new Thread(run, "call-deadlines");
              thread.setDaemon(true);
              return thread;
            });
    long periodMillis = EXPIRE_PERIOD.toMillis();
    var unused =
        timer.scheduleWithFixedDelay(
            context.calls()::expire, periodMillis, periodMillis, TimeUnit.MILLISECONDS);
    var alsoUnused =
        timer.scheduleWithFixedDelay(
            openCalls::expire, periodMillis, periodMillis, TimeUnit.MILLISECONDS);
    var unusedToo =
        timer.scheduleWithFixedDelay(
            () -> pipelines.expire(System.nanoTime()),
            periodMillis,
            periodMillis,
            TimeUnit.MILLISECONDS);
    return new ClientServer(context, health, server, gate, openCalls, pipelines, loops, timer);
  }

  static List<ServerServiceDefinition> services(
      ServiceContext context, KvService kv, PipelineService pipelines) {
    return Stream.of(
            kv.bindService(),
            new TextKv(kv, context.calls().errors()).bindService(),
            pipelines.definition(),
            new SessionService(context).bindService(),
            new ClusterService(context).bindService(),
            new MaintenanceService(context).bindService())
        .map(service -> RequestDecoding.guard(service, context.calls().errors()))
        .map(
            service ->
                ServerInterceptors.intercept(
                    service, LeaderMembers.interceptor(), Caller.interceptor(context.calls())))
        .toList();
  }

  /** Version v1 and, for older tools, v1alpha. */
  @SuppressWarnings("deprecation")
  private static List<BindableService> reflection() {
    List<BindableService> services = new ArrayList<>();
    services.add(ProtoReflectionServiceV1.newInstance());
    services.add(ProtoReflectionService.newInstance());
    return services;
  }

  /** Handlers never wait, so they run on the loops themselves: a hand-off costs more than they. */
  private static NettyServerBuilder limited(NettyServerBuilder builder, ConnectionLimits limits) {
    return builder
        .directExecutor()
        .maxInboundMessageSize(limits.messageBytesMax())
        .maxInboundMetadataSize(limits.metadataBytesMax())
        .maxConcurrentCallsPerConnection(limits.callsPerConnectionMax())
        .maxRstFramesPerWindow(
            limits.resetsPerWindowMax(), (int) Math.max(1, limits.resetWindow().toSeconds()))
        .handshakeTimeout(limits.handshakeMax().toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveTime(limits.pingIntervalMin().toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveWithoutCalls(true)
        .keepAliveTime(limits.keepAlive().toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTimeout(limits.keepAliveAnswerMax().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionIdle(limits.idleMax().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionAge(limits.ageMax().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionAgeGrace(limits.ageGrace().toMillis(), TimeUnit.MILLISECONDS);
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  private static String reason(IOException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String message = cause.getMessage();
    return message == null
        ? cause.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }

  /** The port that is listened on. */
  public int port() {
    return server.getPort();
  }

  /** Pages and big values that wait for a thread. For any thread. */
  public int pagesQueued() {
    return context.pages().queued();
  }

  /** Walks of whole ranges that wait for their thread. For any thread. */
  public int walksQueued() {
    return context.walks().queued();
  }

  /** Its connections. */
  public ConnectionGate gate() {
    return gate;
  }

  /** To be called by a timer, several times a second. */
  public HealthUpdater health() {
    return health;
  }

  /** Calls that are open, whether their request is there or not. For any thread. */
  public long callsOpen() {
    return openCalls.count();
  }

  /** Streams of many calls that are open. For any thread. */
  public int pipelines() {
    return pipelines.streams();
  }

  /** Answers on them that wait for their client to take them. For any thread. */
  public int pipelineAnswers() {
    return pipelines.answersWaiting();
  }

  /** Requests under way. For any thread. */
  public long requestsInFlight() {
    return context.calls().admission().count();
  }

  /** Bytes of the requests under way. For any thread. */
  public long bytesInFlight() {
    return context.calls().admission().bytes();
  }

  /** Bytes of answers that clients have not taken yet. For any thread. */
  public long answerBytes() {
    return context.calls().answers().bytes();
  }

  /** Tells who asks that this member will not serve for much longer; it still does. */
  public void announceEnd() {
    health.drain();
  }

  /**
   * Refuses new requests with SHUTTING_DOWN, lets those under way finish within the grace, answers
   * the rest with TIMEOUT, outcome unknown for writes, and closes. Waits; the node must still run.
   * A second call does nothing.
   */
  public void drain(Duration grace) {
    if (!isDraining.compareAndSet(false, true)) {
      return;
    }
    health.drain();
    context.calls().drain();
    server.shutdown();
    boolean isInterrupted = false;
    try {
      awaitCalls(grace);
      context.calls().endAll();
      // Watches of health never end by themselves; answers need a moment to leave.
      server.awaitTermination(CLOSE_MAX.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      isInterrupted = true;
      context.calls().endAll();
    }
    server.shutdownNow();
    loops.close();
    timer.shutdownNow();
    context.close();
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitCalls(Duration grace) throws InterruptedException {
    long beganNanos = System.nanoTime();
    while (requestsInFlight() > 0
        && System.nanoTime() - beganNanos < grace.toNanos()
        && !server.awaitTermination(20, TimeUnit.MILLISECONDS)) {}
  }

  /** Drains without grace. */
  @Override
  public void close() {
    drain(Duration.ZERO);
  }
}
