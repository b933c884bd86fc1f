package io.raftkv.server;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.net.IoLoops;
import io.raftkv.raft.LostDataException;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.raft.StateDiffersException;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.raft.node.ThreadLanes;
import io.raftkv.service.ClientServer;
import io.raftkv.service.ConnectionLimits;
import io.raftkv.service.Housekeeping;
import io.raftkv.service.MemberFigures;
import io.raftkv.service.MemberIdentity;
import io.raftkv.service.ServiceLimits;
import io.raftkv.storage.BackupFile;
import io.raftkv.storage.DamagedException;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.DataDirException;
import io.raftkv.storage.Scrub;
import io.raftkv.transport.Acquaintances;
import io.raftkv.transport.GrpcTransport;
import io.raftkv.transport.TransportOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member, put together from its parts. This is the only place that knows all of them.
 *
 * <p>Started and closed by one thread each; both wait.
 */
final class KvServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KvServer.class);

  /** How long the hand-over of leadership may hold up the end. */
  private static final Duration HAND_OVER_MAX = Duration.ofSeconds(1);

  /** How long requests under way may hold it up. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(2);

  private static final Duration HEALTH_PERIOD = Duration.ofMillis(100);
  private static final Duration DISK_PERIOD = Duration.ofSeconds(1);
  private static final Duration PEERS_PERIOD = Duration.ofSeconds(1);

  /** With {@link #SCRUB_TURN_BYTES}: 1 MiB a second. */
  private static final Duration SCRUB_PERIOD = Duration.ofMillis(250);

  private static final long SCRUB_TURN_BYTES = 256 << 10;

  private static final Duration HOUSEKEEPING_PERIOD = Duration.ofMillis(200);

  private final ServerConfig config;

  /** What was started, the latest first. */
  private final Deque<AutoCloseable> closing;

  private KvServer(ServerConfig config, Deque<AutoCloseable> closing) {
    this.config = config;
    this.closing = closing;
  }

  /**
   * Starts a member; if its data is damaged, one that takes its place, see {@link Repair}. On
   * return its client port is open; it need not have a leader yet.
   *
   * @param failed told once, from any thread, with the member's name, if it stopped because its
   *     disk failed or it found a defect
   * @throws StartException with what was started closed again
   */
  static KvServer start(ServerConfig config, BiConsumer<String, Throwable> failed)
      throws StartException {
    try {
      return start(config, Optional.empty(), failed);
    } catch (StartException e) {
      if (e.damage().isEmpty()) {
        throw e;
      }
      return start(config, Optional.of(Repair.run(config, e)), failed);
    }
  }

  private static KvServer start(
      ServerConfig config, Optional<Path> repaired, BiConsumer<String, Throwable> failed)
      throws StartException {
    KvServer server = new KvServer(config, new ArrayDeque<>());
    boolean isStarted = false;
    try {
      server.compose(repaired, failed);
      isStarted = true;
    } finally {
      if (!isStarted) {
        server.close();
      }
    }
    return server;
  }

  /**
   * @param repaired where the damaged files are of the member whose place this one takes
   */
  private void compose(Optional<Path> repaired, BiConsumer<String, Throwable> failed)
      throws StartException {
    InetSocketAddress listen = config.listen().resolve(Setting.LISTEN.flag());
    InetSocketAddress peerListen = config.peerListen().resolve(Setting.PEER_LISTEN.flag());
    PrometheusRegistry registry = new PrometheusRegistry();
    NodeMetrics metrics = new NodeMetrics(registry);

    Stores stores = Stores.open(config, cause -> stopped(cause, failed));
    closing.push(stores);
    Identity identity = stores.identity();
    MemberId self = identity.memberId();

    IoLoops loops = IoLoops.open(config.name() + "-io");
    GrpcTransport transport = bind(identity, peerListen, acquaintances(stores, failed), loops);
    closing.push(transport);
    metrics.addTransport(transport.stats());
    metrics.addConnections("peer", transport.gate());

    DiskSpace disk = DiskSpace.of(config, stores);
    KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
    RaftNode node = recover(stores, disk, store, transport, metrics, failed);
    closing.push(node);
    metrics.addNode(node::status);
    metrics.addNodeStats(node::stats);
    metrics.addOutboxes(node::status, transport::queued);
    metrics.addWaiters(store::waiters, KvLimits.DEFAULT);
    metrics.addStores(stores.log(), stores.snapshots(), store::view);

    StateAlarm states = new StateAlarm(config.name(), node::status);
    PeriodicTasks tasks = new PeriodicTasks(config.name() + "-tasks");
    closing.push(tasks);
    if (!config.isInMemory()) {
      metrics.addDisk(disk::freeBytes);
      tasks.every(DISK_PERIOD, disk);
      tasks.every(PEERS_PERIOD, peersNote(identity.clusterId(), node, transport));
      scrub(stores, node, metrics);
    }
    ClientServer clients =
        openClients(
            new ClientServer.Parts(
                new MemberIdentity(identity.clusterId(), self, config.name(), Version.get()),
                node,
                store,
                member -> clientAddress(transport, self, member),
                figures(stores, disk, states),
                (meta, state, file) -> BackupFile.write(identity.clusterId(), meta, state, file),
                ServiceLimits.DEFAULT,
                ConnectionLimits.DEFAULT,
                true,
                loops.shared(),
                NodeClock.SYSTEM,
                new RequestMetrics(registry)),
            listen);
    closing.push(() -> clients.drain(DRAIN_MAX));
    metrics.addClients(clients, ServiceLimits.DEFAULT);
    metrics.addConnections("client", clients.gate());

    Stores.checkName(config, node.status());
    if (stores.isToJoin(config)) {
      new Joining(config).ask(identity);
    }
    node.start();
    closing.push(() -> handOver(node));
    closing.push(clients::announceEnd);
    tasks.every(HEALTH_PERIOD, clients.health());
    tasks.every(HEALTH_PERIOD, new RemovalNotice(config.name(), node::status));
    tasks.every(HEALTH_PERIOD, states);
    tasks.every(HEALTH_PERIOD, new LeaderNotice(config.name(), node::status));
    tasks.every(
        HEALTH_PERIOD,
        new MovedMembers(config.name(), node::status, transport::movedTo, node::changeMembership));
    repaired.ifPresent(
        aside -> tasks.every(HEALTH_PERIOD, new RepairNotice(config.name(), aside, node::status)));
    tasks.every(
        HOUSEKEEPING_PERIOD,
        new Housekeeping(
            node,
            store,
            NodeClock.SYSTEM,
            config.historyRevisions(),
            config.historyRevisions() / 2));
    OpsServer ops = OpsServer.start(config.opsListen(), registry, () -> health(node, clients));
    // Closed last: operators may watch the end.
    closing.addLast(ops);
    LOG.info(
        "{} is member {} of cluster {}, data in {}",
        config.name(),
        self,
        String.format("%016x", identity.clusterId()),
        config.isInMemory() ? "memory" : config.dataDir());
  }

  private RaftNode recover(
      Stores stores,
      DiskSpace disk,
      KvStateMachine store,
      GrpcTransport transport,
      NodeMetrics metrics,
      BiConsumer<String, Throwable> failed)
      throws StartException {
    SplittableRandom random = new SplittableRandom();
    try {
      if (isFounder(stores)) {
        RaftNode.bootstrap(
            stores.log(), stores.snapshots(), config.initialCluster().configuration());
      }
      if (stores.log().lastIndex() > 0) {
        stores.markStarted();
      }
      return new RaftNode(
          new RaftNode.Parts(
              stores.identity().memberId(),
              config.raftOptions(),
              config.tick(),
              stores.log(),
              stores.snapshots(),
              store,
              transport,
              new ThreadLanes(config.name() + "-"),
              NodeClock.SYSTEM,
              random::nextInt,
              Commands::isCommand,
              Commands::isPut,
              disk::isFull,
              metrics.syncTimes(),
              cause -> stopped(cause, failed)));
    } catch (DamagedException | LostDataException e) {
      throw StartException.damaged(cannotRecover(e), e);
    } catch (DataDirException | IllegalStateException | IllegalArgumentException e) {
      throw new StartException(ExitCode.DATA_DIR, cannotRecover(e), e);
    } catch (UncheckedIOException e) {
      throw new StartException(ExitCode.DISK_FAILURE, cannotRecover(e), e);
    }
  }

  /** The node stopped by itself. For any thread. */
  private void stopped(Throwable cause, BiConsumer<String, Throwable> failed) {
    boolean isUseless =
        cause instanceof StateDiffersException || cause instanceof LostFolderException;
    if (isUseless && !config.isInMemory()) {
      try {
        DataDir.markDiffering(config.dataDir(), Failures.describe(cause));
      } catch (UncheckedIOException e) {
        // It will differ again, and be found again.
        LOG.error("{}: not marked as differing: {}", config.name(), Failures.describe(e));
      }
    }
    failed.accept(config.name(), cause);
  }

  /** On a thread of its own: it waits for the disk. */
  private void scrub(Stores stores, RaftNode node, NodeMetrics metrics) {
    Optional<Scrub> scrub =
        stores.scrub(
            SCRUB_TURN_BYTES,
            new Scrub.Findings() {
              @Override
              public void logDamaged(long throughIndex) {
                node.logDamaged(throughIndex);
              }

              @Override
              public void snapshotDamaged(SnapshotMeta meta) {
                node.snapshotDamaged(meta);
              }
            });
    scrub.ifPresent(
        reads -> {
          PeriodicTasks turns = new PeriodicTasks(config.name() + "-scrub");
          closing.push(reads);
          closing.push(turns);
          turns.every(SCRUB_PERIOD, reads);
          metrics.addScrub(reads);
        });
  }

  private PeersNote peersNote(long clusterId, RaftNode node, GrpcTransport transport)
      throws StartException {
    try {
      return new PeersNote(config.dataDir(), clusterId, node::status, transport::clientAddress);
    } catch (IOException e) {
      throw new StartException(
          ExitCode.DISK_FAILURE,
          "data directory " + config.dataDir() + ": " + Failures.describe(e),
          e);
    }
  }

  private String cannotRecover(RuntimeException cause) {
    return "data directory " + config.dataDir() + ": " + Failures.describe(cause);
  }

  private static MemberFigures figures(Stores stores, DiskSpace disk, StateAlarm states) {
    return new MemberFigures() {
      @Override
      public long logBytes() {
        return stores.log().sizeBytes();
      }

      @Override
      public long snapshotBytes() {
        return stores.snapshots().sizeBytes();
      }

      @Override
      public List<String> alarms() {
        return Stream.concat(disk.alarms().stream(), states.alarms().stream()).toList();
      }
    };
  }

  private Acquaintances acquaintances(Stores stores, BiConsumer<String, Throwable> failed) {
    if (stores.met().isEmpty()) {
      return Acquaintances.NONE;
    }
    Meetings meetings =
        new Meetings(
            config.name(),
            stores.met().get(),
            why -> stopped(new LostFolderException(why), failed));
    closing.push(meetings);
    return meetings;
  }

  /** Who comes later, in the place of a founder too, gets its first entry from the others. */
  private boolean isFounder(Stores stores) {
    return stores.identity().equals(config.initialCluster().identity(config.name()));
  }

  private GrpcTransport bind(
      Identity identity, InetSocketAddress peerListen, Acquaintances acquaintances, IoLoops loops)
      throws StartException {
    try {
      return GrpcTransport.bind(
          TransportOptions.of(
                  identity.clusterId(),
                  identity.memberId(),
                  peerListen.getAddress().getHostAddress(),
                  peerListen.getPort(),
                  config.advertise().toString())
              .withPeerAddress(config.peerAddress()),
          acquaintances,
          loops);
    } catch (IOException e) {
      throw StartException.cannotListen(Setting.PEER_LISTEN, e);
    }
  }

  private static ClientServer openClients(ClientServer.Parts parts, InetSocketAddress listen)
      throws StartException {
    try {
      return ClientServer.open(parts, listen);
    } catch (IOException e) {
      throw StartException.cannotListen(Setting.LISTEN, e);
    }
  }

  private Optional<String> clientAddress(GrpcTransport transport, MemberId self, MemberId member) {
    return member.equals(self)
        ? Optional.of(config.advertise().toString())
        : transport.clientAddress(member);
  }

  private Health health(RaftNode node, ClientServer clients) {
    return new Health(
        config.name(),
        config.advertise().toString(),
        Version.get(),
        clients.health().isReady(),
        node.status());
  }

  String name() {
    return config.name();
  }

  /** What stands on stdout once this member serves. */
  String readyLine() {
    return String.format(
        "ready name=%s client=%s peer=%s", config.name(), config.listen(), config.peerListen());
  }

  /** A leader that goes makes another one first: nobody has to wait for an election timeout. */
  private void handOver(RaftNode node) {
    NodeStatus status = node.status();
    if (!status.isLeader() || status.configuration().voters().size() < 2) {
      return;
    }
    try {
      MemberId leader =
          node.transferLeadership(MemberId.NONE)
              .get(HAND_OVER_MAX.toMillis(), TimeUnit.MILLISECONDS);
      LOG.info("{} handed leadership over to {}", config.name(), leader);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      LOG.warn("{} could not hand leadership over: {}", config.name(), e.getMessage());
    } catch (TimeoutException e) {
      LOG.warn("{} could not hand leadership over in time", config.name());
    }
  }

  /**
   * Tells that it goes, hands leadership over, lets requests under way finish, both for a bounded
   * time, then stops the node and closes what it is made of.
   */
  @Override
  public synchronized void close() {
    Closing.all(closing);
  }
}
