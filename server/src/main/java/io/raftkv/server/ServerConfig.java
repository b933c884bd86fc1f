package io.raftkv.server;

import io.raftkv.raft.RaftOptions;
import io.raftkv.server.Settings.Given;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The checked configuration of one member.
 *
 * @param advertise how clients reach this member
 * @param peerAdvertise how the other members reach it
 * @param initialCluster who starts the cluster if the data dir is new
 * @param isClusterGiven whether the initial cluster was named, rather than assumed to be this
 *     member alone; only then can it contradict the data dir
 * @param mayFound whether it may start a cluster in a new data dir: the initial cluster was named,
 *     or nothing that describes a member was. Who names a member or its folder means one that
 *     exists, or one of several
 * @param join client addresses of members of the cluster that it is to join; empty: it does not
 * @param isInMemory nothing is kept on disk
 * @param isRepairedByCluster whether, when its data is damaged, it becomes a new member that takes
 *     everything from the others
 * @param segmentBytes size of the log's files
 * @param historyRevisions revisions kept readable behind the newest
 */
record ServerConfig(
    String name,
    Path dataDir,
    HostPort listen,
    HostPort peerListen,
    HostPort opsListen,
    HostPort advertise,
    HostPort peerAdvertise,
    InitialCluster initialCluster,
    boolean isClusterGiven,
    boolean mayFound,
    List<HostPort> join,
    boolean isInMemory,
    boolean isRepairedByCluster,
    Duration heartbeat,
    Duration electionTimeout,
    long snapshotEntries,
    long snapshotBytes,
    long trailingEntries,
    int segmentBytes,
    long historyRevisions) {

  private static final List<Setting> DESCRIBES_MEMBER =
      List.of(Setting.NAME, Setting.DATA_DIR, Setting.PEER_LISTEN);

  private static final Duration HEARTBEAT_MIN = Duration.ofMillis(1);
  private static final Duration HEARTBEAT_MAX = Duration.ofMinutes(1);
  private static final Duration ELECTION_MAX = Duration.ofMinutes(10);
  private static final int TICKS_PER_HEARTBEAT = 10;
  private static final long TRAILING_ENTRIES_DEFAULT = 5_000;
  private static final int SEGMENT_BYTES_MIN = 1 << 20;
  private static final int SEGMENT_BYTES_MAX = 1 << 30;

  /** Checks everything that can be checked without touching disk or network. */
  static ServerConfig of(Settings settings) throws StartException {
    Given nameGiven = settings.get(Setting.NAME);
    String name = InitialCluster.checkedName(nameGiven.origin(), nameGiven.text());
    HostPort listen = address(settings.get(Setting.LISTEN));
    HostPort peerListen = address(settings.get(Setting.PEER_LISTEN));
    HostPort opsListen = address(settings.get(Setting.OPS_LISTEN));
    checkListen(
        Values.isOn(settings.get(Setting.INSECURE)),
        new EnumMap<>(
            Map.of(
                Setting.LISTEN, listen,
                Setting.PEER_LISTEN, peerListen,
                Setting.OPS_LISTEN, opsListen)));

    HostPort advertise = advertised(settings, Setting.ADVERTISE, listen);
    Optional<Given> cluster = settings.explicit(Setting.INITIAL_CLUSTER);
    Optional<Given> join = settings.explicit(Setting.JOIN);
    if (cluster.isPresent() && join.isPresent()) {
      throw StartException.wrong(
          cluster.get().origin()
              + " starts a cluster and "
              + join.get().origin()
              + " joins one: give one of them");
    }
    InitialCluster initialCluster =
        cluster.isPresent()
            ? clusterWith(name, cluster.get())
            : InitialCluster.single(name, advertised(settings, Setting.PEER_ADVERTISE, peerListen));

    Given heartbeatGiven = settings.get(Setting.HEARTBEAT);
    Given electionGiven = settings.get(Setting.ELECTION_TIMEOUT);
    Duration heartbeat = Values.duration(heartbeatGiven, HEARTBEAT_MIN, HEARTBEAT_MAX);
    Duration election = Values.duration(electionGiven, HEARTBEAT_MIN, ELECTION_MAX);
    if (heartbeat.compareTo(election) >= 0) {
      throw StartException.wrong(
          String.format(
              "%s %s must be shorter than %s %s",
              heartbeatGiven.origin(),
              heartbeatGiven.text(),
              electionGiven.origin(),
              electionGiven.text()));
    }

    long snapshotEntries = Values.count(settings.get(Setting.SNAPSHOT_ENTRIES), 1, Long.MAX_VALUE);
    Optional<Given> trailing = settings.explicit(Setting.TRAILING_ENTRIES);
    return new ServerConfig(
        name,
        dataDir(settings.get(Setting.DATA_DIR)),
        listen,
        peerListen,
        opsListen,
        advertise,
        peerAdvertise(name, settings, initialCluster),
        initialCluster,
        cluster.isPresent(),
        cluster.isPresent()
            || join.isPresent()
            || DESCRIBES_MEMBER.stream().allMatch(s -> settings.explicit(s).isEmpty()),
        join.isPresent() ? addresses(join.get()) : List.of(),
        !Values.isFirst(settings.get(Setting.STORAGE), "disk", "memory"),
        Values.isFirst(settings.get(Setting.REPAIR), "auto", "off"),
        heartbeat,
        election,
        snapshotEntries,
        Values.size(settings.get(Setting.SNAPSHOT_BYTES)),
        trailing.isPresent()
            ? Values.count(trailing.get(), 0, Long.MAX_VALUE)
            : Math.min(TRAILING_ENTRIES_DEFAULT, snapshotEntries),
        segmentBytes(settings.get(Setting.SEGMENT_BYTES)),
        Values.count(settings.get(Setting.HISTORY_REVISIONS), 0, Long.MAX_VALUE));
  }

  private static List<HostPort> addresses(Given given) throws StartException {
    List<HostPort> addresses = new ArrayList<>();
    for (String part : given.text().split(",", -1)) {
      addresses.add(HostPort.parse(given.origin(), part.trim()));
    }
    return List.copyOf(addresses);
  }

  private static HostPort address(Given given) throws StartException {
    return HostPort.parse(given.origin(), given.text());
  }

  /** All differ, and none reaches beyond this machine unless that was asked for. */
  private static void checkListen(boolean isInsecure, Map<Setting, HostPort> addresses)
      throws StartException {
    Map<HostPort, Setting> seen = new HashMap<>();
    for (Map.Entry<Setting, HostPort> entry : addresses.entrySet()) {
      String flag = entry.getKey().flag();
      HostPort address = entry.getValue();
      Setting other = seen.put(address, entry.getKey());
      if (other != null) {
        throw StartException.wrong(
            other.flag() + " and " + flag + " have the same address " + address);
      }
      if (!address.resolve(flag).getAddress().isLoopbackAddress() && !isInsecure) {
        throw StartException.wrong(
            flag
                + " "
                + address
                + " reaches beyond this machine, without TLS; that needs --insecure");
      }
    }
  }

  private static HostPort advertised(Settings settings, Setting setting, HostPort listen)
      throws StartException {
    Optional<Given> given = settings.explicit(setting);
    if (given.isPresent()) {
      return address(given.get());
    }
    if (listen.resolve(setting.flag()).getAddress().isAnyLocalAddress()) {
      throw StartException.wrong(
          setting.flag() + " is needed: nobody can connect to " + listen + " from elsewhere");
    }
    return listen;
  }

  /** A member that has moved is no longer where it was founded. */
  private static HostPort peerAdvertise(
      String name, Settings settings, InitialCluster initialCluster) throws StartException {
    Optional<Given> given = settings.explicit(Setting.PEER_ADVERTISE);
    return given.isPresent()
        ? address(given.get())
        : Objects.requireNonNull(initialCluster.peerAddresses().get(name));
  }

  private static InitialCluster clusterWith(String name, Given given) throws StartException {
    InitialCluster cluster = InitialCluster.parse(given.origin(), given.text());
    HostPort own = cluster.peerAddresses().get(name);
    if (own == null) {
      throw StartException.wrong(
          given.origin()
              + " does not name this member, "
              + name
              + "; it names "
              + String.join(", ", cluster.peerAddresses().keySet()));
    }
    return cluster;
  }

  private static Path dataDir(Given given) throws StartException {
    try {
      return Path.of(given.text()).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw new StartException(
          ExitCode.WRONG_CONFIGURATION, given.origin() + " is not a path: " + e.getMessage(), e);
    }
  }

  private static int segmentBytes(Given given) throws StartException {
    long bytes = Values.size(given);
    if (bytes < SEGMENT_BYTES_MIN || bytes > SEGMENT_BYTES_MAX) {
      throw StartException.wrong(
          given.origin() + " must be between 1MiB and 1GiB, not " + given.text());
    }
    return (int) bytes;
  }

  /** The same configuration for another member, on other addresses of this machine. */
  ServerConfig member(
      String otherName,
      Path otherDataDir,
      HostPort otherListen,
      HostPort otherPeerListen,
      HostPort otherOpsListen,
      InitialCluster cluster) {
    return new ServerConfig(
        otherName,
        otherDataDir,
        otherListen,
        otherPeerListen,
        otherOpsListen,
        otherListen,
        otherPeerListen,
        cluster,
        true,
        true,
        List.of(),
        isInMemory,
        isRepairedByCluster,
        heartbeat,
        electionTimeout,
        snapshotEntries,
        snapshotBytes,
        trailingEntries,
        segmentBytes,
        historyRevisions);
  }

  /** How the other members reach this one: host:port. */
  String peerAddress() {
    return peerAdvertise.toString();
  }

  /** A tenth of a heartbeat, but at least 1 ms. */
  Duration tick() {
    Duration tick = heartbeat.dividedBy(TICKS_PER_HEARTBEAT);
    return tick.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : tick;
  }

  RaftOptions raftOptions() {
    int heartbeatTicks = (int) Math.max(1, heartbeat.dividedBy(tick()));
    int electionTicks = (int) Math.max(heartbeatTicks + 1, electionTimeout.dividedBy(tick()));
    return RaftOptions.DEFAULT
        .withTimeouts(heartbeatTicks, electionTicks)
        .withSnapshots(snapshotEntries, snapshotBytes, trailingEntries);
  }
}
