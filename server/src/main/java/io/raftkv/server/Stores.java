package io.raftkv.server;

import io.raftkv.raft.LogStore;
import io.raftkv.raft.Member;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.storage.DamagedException;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.DataDirException;
import io.raftkv.storage.MemoryLog;
import io.raftkv.storage.MemorySnapshots;
import io.raftkv.storage.MetMembers;
import io.raftkv.storage.Scrub;
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a member keeps what it must not forget: a data dir that was checked to be its own, or
 * memory. Opened and closed by one thread.
 */
final class Stores implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Stores.class);

  /** How often it is noted how far the log is durable. */
  private static final Duration NOTE_PERIOD = Duration.ofSeconds(2);

  private static final Duration SEGMENTS_END_MAX = Duration.ofSeconds(10);

  private final Identity identity;
  private final LogStore log;
  private final SnapshotStore snapshots;

  /** Empty: in memory. */
  private final Optional<DataDir> dataDir;

  private final Optional<MetMembers> met;
  private final Deque<AutoCloseable> closing;

  private Stores(
      Identity identity,
      LogStore log,
      SnapshotStore snapshots,
      Optional<DataDir> dataDir,
      Optional<MetMembers> met,
      Deque<AutoCloseable> closing) {
    this.identity = identity;
    this.log = log;
    this.snapshots = snapshots;
    this.dataDir = dataDir;
    this.met = met;
    this.closing = closing;
  }

  /**
   * Opens what is there, or makes a new member of the initial cluster.
   *
   * @param failed told, from a thread of the stores, that the disk failed while nobody waited for
   *     it: the member has to stop (design law 3)
   * @throws StartException if the data dir is in use, is not this member's, or cannot be trusted
   */
  static Stores open(ServerConfig config, Consumer<Throwable> failed) throws StartException {
    if (config.isInMemory()) {
      Identity identity = newIdentity(config);
      return new Stores(
          identity,
          new MemoryLog(),
          new MemorySnapshots(identity.clusterId()),
          Optional.empty(),
          Optional.empty(),
          new ArrayDeque<>());
    }
    Deque<AutoCloseable> closing = new ArrayDeque<>();
    boolean isOpen = false;
    try {
      Stores stores = onDisk(config, failed, closing);
      isOpen = true;
      return stores;
    } catch (DamagedException e) {
      throw StartException.damaged(Failures.describe(e), e);
    } catch (DataDirException e) {
      throw new StartException(ExitCode.DATA_DIR, Failures.describe(e), e);
    } catch (UncheckedIOException e) {
      throw new StartException(
          ExitCode.DISK_FAILURE,
          "data directory " + config.dataDir() + ": " + Failures.describe(e),
          e);
    } finally {
      if (!isOpen) {
        Closing.all(closing);
      }
    }
  }

  private static Stores onDisk(
      ServerConfig config, Consumer<Throwable> failed, Deque<AutoCloseable> closing)
      throws StartException {
    if (isNew(config.dataDir())) {
      checkMayFound(config);
    }
    DataDir dataDir = DataDir.open(config.dataDir());
    closing.push(dataDir);
    Optional<Identity> owner = dataDir.identity();
    if (owner.isPresent()) {
      checkOwner(config, owner.get());
    } else {
      checkMayFound(config);
    }
    Identity identity = owner.isPresent() ? owner.get() : newIdentity(config);
    // Who joins draws its id; that of a founder may be one that another folder had.
    boolean isFounding = owner.isEmpty() && config.join().isEmpty();
    int founders = config.initialCluster().peerAddresses().size();
    dataDir.claim(identity, isFounding ? Meetings.needed(founders) : 0);
    MetMembers met = dataDir.met();
    // Before the log is opened, which makes a new one.
    dataDir.checkLogIsKept(dataDir.isLogMissing());
    ScheduledExecutorService segments = segmentsExecutor(config);
    closing.push(() -> end(segments));
    SegmentedLog log = dataDir.openLog(config.segmentBytes(), segments);
    closing.push(log);
    SnapshotFiles snapshots = dataDir.openSnapshots();
    closing.push(snapshots);
    snapshots.damaged().forEach(LOG::warn);
    refuseIfNeeded(log, snapshots);
    dataDir.checkLogIsKept(log.lastIndex() == 0 && snapshots.latest().isEmpty());
    segments.scheduleWithFixedDelay(
        () -> attempt(log::noteDurable, failed),
        NOTE_PERIOD.toMillis(),
        NOTE_PERIOD.toMillis(),
        TimeUnit.MILLISECONDS);
    return new Stores(identity, log, snapshots, Optional.of(dataDir), Optional.of(met), closing);
  }

  private static boolean isNew(Path dataDir) {
    if (!Files.exists(dataDir, LinkOption.NOFOLLOW_LINKS)) {
      return true;
    }
    String[] names = dataDir.toFile().list();
    return names != null && names.length == 0;
  }

  /** A file system that is not mounted looks like a new folder: no new cluster must start in it. */
  private static void checkMayFound(ServerConfig config) throws StartException {
    if (!config.mayFound()) {
      throw StartException.wrong(
          String.format(
              "data directory %s is new: if it should hold data, look whether it is mounted; to"
                  + " start a cluster in it, name its members: %s %s=%s for one alone",
              config.dataDir(),
              Setting.INITIAL_CLUSTER.flag(),
              config.name(),
              config.peerAddress()));
    }
    HostPort founded = config.initialCluster().peerAddresses().get(config.name());
    if (!config.peerAdvertise().equals(founded)) {
      throw StartException.wrong(
          String.format(
              "%s %s differs from %s=%s in %s, and data directory %s is new",
              Setting.PEER_ADVERTISE.flag(),
              config.peerAdvertise(),
              config.name(),
              founded,
              Setting.INITIAL_CLUSTER.flag(),
              config.dataDir()));
    }
  }

  /** An older snapshot, or none, will do if the log goes back to it. */
  private static void refuseIfNeeded(LogStore log, SnapshotFiles snapshots) {
    long newest = snapshots.latest().map(SnapshotMeta::index).orElse(0L);
    if (log.base().index() > newest && !snapshots.damaged().isEmpty()) {
      throw DamagedException.of(
          String.join(", ", snapshots.damaged())
              + "; the log starts after entry "
              + log.base().index()
              + " and needs it");
    }
  }

  private static ScheduledExecutorService segmentsExecutor(ServerConfig config) {
    return Executors.newSingleThreadScheduledExecutor(
        task -> {
          Thread thread = new Thread(task, config.name() + "-segments");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** A segment that is being prepared, or deleted, belongs to a data dir that is still locked. */
  private static void end(ExecutorService segments) throws InterruptedException {
    segments.shutdown();
    if (!segments.awaitTermination(SEGMENTS_END_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      LOG.warn("a segment of the log is still being written");
    }
  }

  /** Nobody waits for the note: whoever is told has to stop the member. */
  static void attempt(Runnable note, Consumer<Throwable> failed) {
    try {
      note.run();
    } catch (RuntimeException e) {
      failed.accept(e);
    }
  }

  /**
   * Remembers, durably, that the log is no longer empty.
   *
   * @throws java.io.UncheckedIOException if the disk fails
   */
  void markStarted() {
    dataDir.ifPresent(DataDir::markStarted);
  }

  private static Identity newIdentity(ServerConfig config) throws StartException {
    if (!config.join().isEmpty()) {
      return new Joining(config).identity();
    }
    return config.initialCluster().identity(config.name());
  }

  /** Whether it is to join a cluster, and has nothing of its log yet. */
  boolean isToJoin(ServerConfig config) {
    return !config.join().isEmpty() && log.lastIndex() == 0 && snapshots.latest().isEmpty();
  }

  /**
   * The folder must not contradict the initial cluster that was named. A recovered member may still
   * be started as it was before.
   */
  static void checkOwner(ServerConfig config, Identity owner) throws StartException {
    long given = config.initialCluster().clusterId();
    if (config.isClusterGiven()
        && owner.clusterId() != given
        && !DataDir.wasOf(config.dataDir(), given)) {
      throw foreign(
          config,
          String.format(
              "another cluster: %016x, while %s names %016x",
              owner.clusterId(), Setting.INITIAL_CLUSTER.flag(), given));
    }
  }

  /** A member keeps its name. The log says which it is. */
  static void checkName(ServerConfig config, NodeStatus status) throws StartException {
    Optional<Member> self = status.configuration().member(status.self());
    if (self.isPresent() && !self.get().name().equals(config.name())) {
      throw foreign(config, "member " + self.get().name() + ", not " + config.name());
    }
  }

  private static StartException foreign(ServerConfig config, String owner) {
    return new StartException(
        ExitCode.DATA_DIR, "data directory " + config.dataDir() + " belongs to " + owner);
  }

  Identity identity() {
    return identity;
  }

  /** The disk has room: the log makes its next file, if it could not before. */
  void reserveAgain() {
    if (log instanceof SegmentedLog segments) {
      segments.reserveAgain();
    }
  }

  LogStore log() {
    return log;
  }

  SnapshotStore snapshots() {
    return snapshots;
  }

  /** Whom this member has met; empty for one in memory, which remembers nobody. */
  Optional<MetMembers> met() {
    return met;
  }

  /** Reads what is on the disk again and again, see {@link Scrub}; empty for what is in memory. */
  Optional<Scrub> scrub(long turnBytes, Scrub.Findings findings) {
    return log instanceof SegmentedLog segments && snapshots instanceof SnapshotFiles files
        ? Optional.of(new Scrub(segments, files, turnBytes, findings))
        : Optional.empty();
  }

  /** Closes the stores, then unlocks the data dir. */
  @Override
  public void close() {
    Closing.all(closing);
  }
}
