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
import io.raftkv.storage.SegmentedLog;
import io.raftkv.storage.SnapshotFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
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

  /** Empty file: the member's log was begun. */
  private static final String STARTED = "STARTED";

  private final Identity identity;
  private final LogStore log;
  private final SnapshotStore snapshots;
  private final Deque<AutoCloseable> closing;

  private Stores(
      Identity identity, LogStore log, SnapshotStore snapshots, Deque<AutoCloseable> closing) {
    this.identity = identity;
    this.log = log;
    this.snapshots = snapshots;
    this.closing = closing;
  }

  /**
   * Opens what is there, or makes a new member of the initial cluster.
   *
   * @throws StartException if the data dir is in use, is not this member's, or cannot be trusted
   */
  static Stores open(ServerConfig config) throws StartException {
    if (config.isInMemory()) {
      Identity identity = newIdentity(config);
      return new Stores(
          identity, new MemoryLog(), new MemorySnapshots(identity.clusterId()), new ArrayDeque<>());
    }
    Deque<AutoCloseable> closing = new ArrayDeque<>();
    boolean isOpen = false;
    try {
      Stores stores = onDisk(config, closing);
      isOpen = true;
      return stores;
    } catch (DataDirException | DamagedException e) {
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

  private static Stores onDisk(ServerConfig config, Deque<AutoCloseable> closing)
      throws StartException {
    if (isNew(config.dataDir())) {
      checkMayFound(config);
    }
    DataDir dataDir = DataDir.open(config.dataDir());
    closing.push(dataDir);
    Optional<Identity> owner = dataDir.identity();
    if (owner.isPresent()) {
      checkOwner(config, owner.get(), dataDir);
    } else {
      checkMayFound(config);
    }
    Identity identity = owner.isPresent() ? owner.get() : newIdentity(config);
    dataDir.claim(identity);
    // Before the log is opened, which makes a new one.
    refuseIfLost(config, dataDir.isLogMissing());
    ScheduledExecutorService segments = segmentsExecutor(config);
    closing.push(() -> end(segments));
    SegmentedLog log = dataDir.openLog(config.segmentBytes(), segments);
    closing.push(log);
    SnapshotFiles snapshots = dataDir.openSnapshots();
    closing.push(snapshots);
    snapshots.damaged().forEach(LOG::warn);
    refuseIfNeeded(config, log, snapshots);
    refuseIfLost(config, log.lastIndex() == 0 && snapshots.latest().isEmpty());
    segments.scheduleWithFixedDelay(
        () -> noteDurable(log),
        NOTE_PERIOD.toMillis(),
        NOTE_PERIOD.toMillis(),
        TimeUnit.MILLISECONDS);
    return new Stores(identity, log, snapshots, closing);
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
              config.initialCluster().peerAddresses().get(config.name())));
    }
  }

  /**
   * A member that once started has a log, whatever snapshots it has. Without it, it has forgotten
   * its vote and what it acknowledged, and would be a danger to its cluster under its old id.
   */
  private static void refuseIfLost(ServerConfig config, boolean isLogLost) throws StartException {
    if (isLogLost && Files.exists(config.dataDir().resolve(STARTED))) {
      throw new StartException(
          ExitCode.DATA_DIR,
          "data directory "
              + config.dataDir()
              + " has lost its log; restore it from a copy made after the member last ran,"
              + " or leave the member stopped");
    }
  }

  /** An older snapshot, or none, will do if the log goes back to it. */
  private static void refuseIfNeeded(ServerConfig config, LogStore log, SnapshotFiles snapshots)
      throws StartException {
    long newest = snapshots.latest().map(SnapshotMeta::index).orElse(0L);
    if (log.base().index() > newest && !snapshots.damaged().isEmpty()) {
      throw new StartException(
          ExitCode.DATA_DIR,
          String.join(", ", snapshots.damaged())
              + "; the log starts after entry "
              + log.base().index()
              + " and needs it; restore data directory "
              + config.dataDir()
              + " from a copy made after the member last ran, or leave the member stopped");
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

  /** A write that nothing followed for so long counts as durable for good. */
  private static void noteDurable(SegmentedLog log) {
    try {
      log.noteDurable();
    } catch (UncheckedIOException e) {
      // The log itself fails with the next segment, which needs the note.
      LOG.error("how far the log is durable was not noted: {}", Failures.describe(e));
    }
  }

  /** Remembers, durably, that the log is no longer empty. */
  void markStarted(ServerConfig config) throws StartException {
    Path marker = config.dataDir().resolve(STARTED);
    if (config.isInMemory() || Files.exists(marker)) {
      return;
    }
    try (FileChannel folder = FileChannel.open(config.dataDir())) {
      Files.createFile(marker);
      folder.force(true);
    } catch (IOException e) {
      throw new StartException(
          ExitCode.DISK_FAILURE,
          "data directory " + config.dataDir() + ": " + Failures.describe(e),
          e);
    }
  }

  private static Identity newIdentity(ServerConfig config) throws StartException {
    if (!config.join().isEmpty()) {
      return new Joining(config).identity();
    }
    long clusterId = config.initialCluster().clusterId();
    return new Identity(clusterId, InitialCluster.memberId(clusterId, config.name()));
  }

  /** Whether it is to join a cluster, and has nothing of its log yet. */
  boolean isToJoin(ServerConfig config) {
    return !config.join().isEmpty() && log.lastIndex() == 0 && snapshots.latest().isEmpty();
  }

  private static void checkOwner(ServerConfig config, Identity owner, DataDir dataDir)
      throws StartException {
    long given = config.initialCluster().clusterId();
    // A recovered member may still be started as it was before.
    if (config.isClusterGiven() && owner.clusterId() != given && !dataDir.wasOf(given)) {
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

  LogStore log() {
    return log;
  }

  SnapshotStore snapshots() {
    return snapshots;
  }

  /** Closes the stores, then unlocks the data dir. */
  @Override
  public void close() {
    Closing.all(closing);
  }
}
