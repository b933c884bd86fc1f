package io.raftkv.client.impl;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.Reason;
import io.raftkv.proto.v1.ResponseHeader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Which members there are and who leads them, as answers and errors tell.
 *
 * <p>Thread-safe.
 */
final class Routes {
  /** Connections beside the configured ones, at most. */
  private static final int LEARNED_MAX = 16;

  /**
   * The leader.
   *
   * @param connection null: it has none, or its address is not known
   * @param isTrusted false: it was found wanting; the rest still tells old news from new
   */
  private record Leader(
      long clusterId, long id, long term, @Nullable Connection connection, boolean isTrusted) {
    static final Leader NONE = new Leader(0, 0, 0, null, false);

    @Nullable Connection usable() {
      return isTrusted ? connection : null;
    }

    Leader distrusted() {
      return new Leader(clusterId, id, term, connection, false);
    }
  }

  private final ClientOptions options;
  private final NetworkLoops loops;
  private final Map<Endpoint, Connection> connections = new ConcurrentHashMap<>();
  private final Runnable onNewLeader;

  /** The configured members first, then learned ones. Replaced as a whole. */
  private volatile List<Connection> candidates;

  private volatile Leader leader = Leader.NONE;
  private volatile int preferred;
  private volatile boolean isShutdown;

  Routes(ClientOptions options, NetworkLoops loops, Runnable onNewLeader) {
    this.options = options;
    this.loops = loops;
    this.onNewLeader = onNewLeader;
    candidates = options.endpoints().stream().map(this::connection).toList();
    // Not every client shall start with the same member.
    preferred = ThreadLocalRandom.current().nextInt(candidates.size());
  }

  /** How many members a call may be given to. */
  int size(Route route) {
    return candidates(route).size();
  }

  /** The configured members stand first, so that those alone are a part of the list. */
  private List<Connection> candidates(Route route) {
    List<Connection> all = candidates;
    return route.onlyConfigured() ? all.subList(0, options.endpoints().size()) : all;
  }

  Collection<Connection> connections() {
    return connections.values();
  }

  /**
   * The member to ask next.
   *
   * @param tried those that just failed; they come last
   */
  Connection pick(Route route, List<Connection> tried) {
    Endpoint only = route.only();
    if (only != null) {
      return connection(only);
    }
    Connection leading = leader.usable();
    if (route.toLeader() && leading != null && leading.isUsable() && !tried.contains(leading)) {
      return leading;
    }
    List<Connection> all = candidates(route);
    int first = preferred;
    Connection refused = null;
    Connection silent = null;
    for (int i = 0; i < all.size(); i++) {
      Connection candidate = all.get((first + i) % all.size());
      if (tried.contains(candidate)) {
        continue;
      }
      if (candidate.isUsable()) {
        return candidate;
      }
      if (candidate.isSilent()) {
        silent = silent == null ? candidate : silent;
      } else {
        refused = refused == null ? candidate : refused;
      }
    }
    // None is known to be well: let each have its turn.
    preferred = (first + 1) % all.size();
    if (refused != null) {
      return refused;
    }
    return silent != null ? silent : all.get(first % all.size());
  }

  /**
   * Whether somebody else may be asked before those that just failed are asked again. A member that
   * says nothing is not, as long as others say something: in an election, they will soon know more.
   */
  boolean hasUntried(Route route, List<Connection> tried) {
    List<Connection> all = candidates(route);
    boolean isAllSilent = all.stream().allMatch(Connection::isSilent);
    return all.stream()
        .anyMatch(member -> !tried.contains(member) && (isAllSilent || !member.isSilent()));
  }

  /** A member answered: it is a good one to ask next time. */
  void succeeded(Connection connection) {
    List<Connection> all = candidates;
    if (all.get(preferred % all.size()) != connection && !isLeader(connection)) {
      int index = all.indexOf(connection);
      if (index >= 0) {
        preferred = index;
      }
    }
  }

  private boolean isLeader(Connection connection) {
    return leader.usable() == connection;
  }

  /** Learns from an answer of {@code from}. */
  void learn(ResponseHeader header, Connection from) {
    Leader known = leader;
    if (known.id == header.getLeaderId()
        && known.term == header.getTerm()
        && known.clusterId == header.getClusterId()
        && known.usable() != null) {
      return;
    }
    boolean isSelf = header.getLeaderId() != 0 && header.getLeaderId() == header.getMemberId();
    learn(
        header.getClusterId(),
        header.getLeaderId(),
        header.getTerm(),
        header.getLeaderAddress(),
        isSelf ? from : null);
  }

  /** Learns from an error, and from what it means for its member. */
  void learn(Failure failure, Connection from) {
    if (failure.reason() == Reason.UNREACHABLE || failure.reason() == Reason.CONNECTION_LOST) {
      from.markRefused();
    }
    if (failure.deniesLeadership()) {
      distrust(from);
    }
    String id = failure.metadata().get("leader_id");
    String address = failure.metadata().get("leader_address");
    String term = failure.metadata().get("term");
    if (id == null || address == null) {
      return;
    }
    // A leader that drains or hands its office over still names itself.
    boolean isDenied = failure.deniesLeadership() && address.equals(from.endpoint().toString());
    if (isDenied) {
      return;
    }
    try {
      long stated = term == null ? leader.term : Long.parseLong(term);
      learn(leader.clusterId, Long.parseUnsignedLong(id), stated, address, null);
    } catch (NumberFormatException e) {
      // A hint that cannot be read is no hint.
      return;
    }
  }

  private void learn(
      long clusterId, long id, long term, String address, @Nullable Connection self) {
    Connection evicted;
    boolean isAnother;
    synchronized (this) {
      Leader known = leader;
      boolean isNews = term > known.term || clusterId != known.clusterId;
      boolean isMissing = term == known.term && known.usable() == null && id != 0;
      // A member that still follows the leader of an older term has nothing to tell.
      if (!isNews && !isMissing) {
        return;
      }
      Connection found = id == 0 || self != null ? self : connectionTo(address);
      leader = new Leader(clusterId, id, term, found, found != null);
      if (found == null) {
        return;
      }
      // One that was distrusted and is named again may refuse again. Were that a reason to stop
      // waiting, the calls that wait would wake each other without a pause.
      isAnother = isNews || found != known.connection;
      evicted = remember(found);
    }
    if (evicted != null) {
      evicted.retire();
    }
    if (isAnother) {
      onNewLeader.run();
    }
  }

  /** Null if the address is empty or no address: followers forward. */
  private @Nullable Connection connectionTo(String address) {
    try {
      return address.isEmpty() ? null : connection(Endpoint.parse(address));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The member does not lead, whatever was heard. */
  private synchronized void distrust(Connection connection) {
    if (leader.connection() == connection) {
      leader = leader.distrusted();
    }
  }

  /**
   * What leads today may answer tomorrow, when the configured members are gone. Returns the member
   * that had to make room, if one had to.
   */
  private @Nullable Connection remember(Connection connection) {
    List<Connection> all = candidates;
    if (all.contains(connection)) {
      return null;
    }
    List<Connection> extended = new ArrayList<>(all);
    Connection evicted = null;
    int configured = options.endpoints().size();
    if (all.size() - configured >= LEARNED_MAX) {
      evicted = extended.remove(configured);
      connections.remove(evicted.endpoint());
    }
    extended.add(connection);
    candidates = List.copyOf(extended);
    return evicted;
  }

  private Connection connection(Endpoint endpoint) {
    Connection connection =
        connections.computeIfAbsent(
            endpoint, e -> new Connection(e, options.attemptTimeout(), loops));
    if (isShutdown) {
      connection.shutdown();
    }
    return connection;
  }

  /** Closes all connections, also those that are yet to come. */
  void shutdown() {
    isShutdown = true;
    connections.values().forEach(Connection::shutdown);
  }
}
