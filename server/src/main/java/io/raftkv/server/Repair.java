package io.raftkv.server;

import io.raftkv.raft.Member;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.server.ClusterCalls.RefusedException;
import io.raftkv.storage.DamagedDir;
import io.raftkv.storage.DataDirException;
import io.raftkv.transport.PeerProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member whose data is damaged comes back from its cluster. It may have forgotten votes and
 * entries that it acknowledged: under its old id it would be a danger (design law 4). So the old
 * member counts as dead for good, and a new one of the same name and addresses comes in its place,
 * with nothing, as any member that joins. Everything that was committed is on a majority that does
 * not include the old one, or the leader could not have committed the change.
 *
 * <pre>
 *   1  the others agree   a leader has committed that the new id stands in the place of the old one
 *   2  the folder passes  the damaged files are set aside, the identity is that of the new member
 *   3  it starts          as a learner without a log; the leader makes it a voter when it caught up
 * </pre>
 *
 * <p>The process may end anywhere, and the next start goes on:
 *
 * <ul>
 *   <li>before 1: nothing has happened.
 *   <li>between 1 and 2: the damage is found again. The cluster keeps the place for the new id,
 *       which the folder never had: that id is taken. If the folder no longer tells its old id, one
 *       more new id takes the place.
 *   <li>within 2: see {@code Succession} in {@code storage}; it is completed without asking
 *       anybody.
 *   <li>after 2: a member that joins, and starts as such.
 *   <li>damaged again at any time: this starts over, under yet another id.
 * </ul>
 *
 * <p>If the damage is not seen any more at the next start (a disk that reads well again), the old
 * member starts; after 1 it was removed, is told so, and takes no part.
 */
final class Repair {
  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

  private static final Duration PEERS_ANSWER_MAX = Duration.ofSeconds(3);

  private final ServerConfig config;
  private final StartException damage;

  private Repair(ServerConfig config, StartException damage) {
    this.config = config;
    this.damage = damage;
  }

  /**
   * Makes the folder that of a new member which the cluster awaits. Waits for the cluster, for a
   * bounded time.
   *
   * @param damage what keeps the member from starting
   * @return the folder with the damaged files
   * @throws StartException if it cannot be done: the folder is as it was
   */
  static Path run(ServerConfig config, StartException damage) throws StartException {
    return new Repair(config, damage).run();
  }

  private Path run() throws StartException {
    if (!config.isRepairedByCluster()) {
      throw damage.notRepaired(
          Setting.REPAIR.flag() + " is off", "start it with " + Setting.REPAIR.flag() + "=auto");
    }
    try (DamagedDir folder = DamagedDir.lock(config.dataDir())) {
      KnownPeers known = KnownPeers.read(config.dataDir());
      Optional<Identity> owner = folder.owner();
      Identity successor = ask(owner, known);
      Path aside = folder.passTo(successor);
      LOG.warn(
          "{}: {}; member {} of this name and address takes the place of {} and gets everything"
              + " from the others; the damaged files are in {}",
          config.name(),
          damage.damage().orElse("its data is damaged"),
          successor.memberId(),
          owner.map(former -> former.memberId().toString()).orElse("the former one"),
          aside);
      return aside;
    } catch (DataDirException e) {
      throw new StartException(ExitCode.DATA_DIR, Failures.describe(e), e);
    } catch (IOException | UncheckedIOException e) {
      throw new StartException(
          ExitCode.DISK_FAILURE,
          "data directory " + config.dataDir() + ": " + Failures.describe(e),
          e);
    }
  }

  private Identity ask(Optional<Identity> owner, KnownPeers known) throws StartException {
    OptionalLong clusterId = clusterId(owner, known);
    List<HostPort> addresses = addresses(known);
    if (addresses.isEmpty() || clusterId.isEmpty()) {
      throw damage.notRepaired(
          addresses.isEmpty() ? "no other member is known" : "its cluster is not known",
          addresses.isEmpty()
              ? "name some with " + Setting.JOIN.flag() + " HOST:CLIENTPORT,..."
              : "name its first members with " + Setting.INITIAL_CLUSTER.flag());
    }
    try {
      return new StandIn(config, addresses, clusterId.getAsLong(), owner.map(Identity::memberId))
          .ask();
    } catch (RefusedException e) {
      throw damage.notRepaired(
          Failures.describe(e), "start it again when a majority of the others is up");
    }
  }

  /** The folder knows best; whoever starts the member comes next. */
  private OptionalLong clusterId(Optional<Identity> owner, KnownPeers known) throws StartException {
    if (owner.isPresent()) {
      Stores.checkOwner(config, owner.get());
      return OptionalLong.of(owner.get().clusterId());
    }
    return config.isClusterGiven()
        ? OptionalLong.of(config.initialCluster().clusterId())
        : known.clusterId();
  }

  /** Those who were named first, and then those that the member heard of when it ran. */
  private List<HostPort> addresses(KnownPeers known) {
    Set<HostPort> all = new LinkedHashSet<>(config.join());
    all.addAll(known.addresses().values());
    all.remove(config.advertise());
    return all.isEmpty() ? askedPeers() : List.copyOf(all);
  }

  /** The first members have told each other's peer ports, and whoever answers there says more. */
  private List<HostPort> askedPeers() {
    if (!config.isClusterGiven()) {
      return List.of();
    }
    InitialCluster founders = config.initialCluster();
    List<Member> others =
        founders.configuration().members().stream()
            .filter(member -> !member.name().equals(config.name()))
            .toList();
    return PeerProbe.ask(founders.clusterId(), others, PEERS_ANSWER_MAX).values().stream()
        .flatMap(answer -> answer.clientAddress().stream())
        .flatMap(address -> HostPort.heard(address).stream())
        .toList();
  }
}
