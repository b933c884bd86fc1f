package io.raftkv.server;

import io.raftkv.raft.LogStore;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.DamagedException;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.DataDirException;
import io.raftkv.storage.MemoryLog;
import io.raftkv.storage.MemorySnapshots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Where a member keeps what it must not forget: a data dir that was checked to be its own, or
 * memory. Opened and closed by one thread.
 */
final class Stores implements AutoCloseable {
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
      return new Stores(
          newIdentity(config), new MemoryLog(), new MemorySnapshots(), new ArrayDeque<>());
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
      checkOwner(config, owner.get());
    } else {
      checkMayFound(config);
    }
    Identity identity = owner.orElseGet(() -> newIdentity(config));
    dataDir.claim(identity);
    ExecutorService segments =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, config.name() + "-segments");
              thread.setDaemon(true);
              return thread;
            });
    closing.push(segments::shutdown);
    LogStore log = dataDir.openLog(config.segmentBytes(), segments);
    closing.push(log);
    SnapshotStore snapshots = dataDir.openSnapshots();
    closing.push(snapshots);
    checkNotWiped(config, log, snapshots);
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
   * A member that once started has a log or a snapshot. Without them it has forgotten its vote and
   * what it acknowledged, and would be a danger to its cluster under its old id.
   */
  private static void checkNotWiped(ServerConfig config, LogStore log, SnapshotStore snapshots)
      throws StartException {
    boolean isEmpty = log.lastIndex() == 0 && snapshots.latest().isEmpty();
    if (isEmpty && Files.exists(config.dataDir().resolve(STARTED))) {
      throw new StartException(
          ExitCode.DATA_DIR,
          "data directory "
              + config.dataDir()
              + " has lost its log: restore it, or replace the member by a new one");
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

  private static Identity newIdentity(ServerConfig config) {
    long clusterId = config.initialCluster().clusterId();
    return new Identity(clusterId, InitialCluster.memberId(clusterId, config.name()));
  }

  /** A member keeps its name: its id follows from it, and another one would be another voter. */
  private static void checkOwner(ServerConfig config, Identity owner) throws StartException {
    if (config.isClusterGiven() && owner.clusterId() != config.initialCluster().clusterId()) {
      throw foreign(
          config,
          String.format(
              "another cluster: %016x, while %s names %016x",
              owner.clusterId(),
              Setting.INITIAL_CLUSTER.flag(),
              config.initialCluster().clusterId()));
    }
    if (!InitialCluster.memberId(owner.clusterId(), config.name()).equals(owner.memberId())) {
      throw foreign(config, "another member than " + config.name());
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
