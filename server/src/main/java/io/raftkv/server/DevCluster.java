package io.raftkv.server;

import io.raftkv.server.Settings.Given;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The members of {@code --dev N}: n1, n2, ... in one process, on ports that are 10 apart, each with
 * its own folder.
 */
final class DevCluster {
  static final int MEMBERS_MAX = 7;

  private static final int PORT_STEP = 10;

  /** What describes a single member cannot be said of several. */
  private static final List<Setting> NOT_WITH_DEV =
      List.of(Setting.NAME, Setting.INITIAL_CLUSTER, Setting.ADVERTISE, Setting.PEER_ADVERTISE);

  private DevCluster() {}

  /** How many members; empty without {@code --dev}. */
  static Optional<Integer> size(Settings settings) throws StartException {
    Optional<Given> dev = settings.explicit(Setting.DEV);
    if (dev.isEmpty()) {
      return Optional.empty();
    }
    for (Setting setting : NOT_WITH_DEV) {
      Optional<Given> other = settings.explicit(setting);
      if (other.isPresent()) {
        throw StartException.wrong(
            other.get().origin() + " cannot be used with " + dev.get().origin());
      }
    }
    return Optional.of((int) Values.count(dev.get(), 1, MEMBERS_MAX));
  }

  /**
   * The configuration of each member.
   *
   * @param first what the settings say; its ports are those of n1
   * @param folder the members' folders go there
   */
  static List<ServerConfig> members(ServerConfig first, int size, Path folder)
      throws StartException {
    Map<String, HostPort> peers = new LinkedHashMap<>();
    for (int i = 0; i < size; i++) {
      peers.put(name(i), first.peerListen().plus(Setting.PEER_LISTEN.flag(), i * PORT_STEP));
    }
    InitialCluster cluster = InitialCluster.of(peers);
    List<ServerConfig> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int offset = i * PORT_STEP;
      members.add(
          first.member(
              name(i),
              folder.resolve(name(i)),
              first.listen().plus(Setting.LISTEN.flag(), offset),
              first.peerListen().plus(Setting.PEER_LISTEN.flag(), offset),
              first.opsListen().plus(Setting.OPS_LISTEN.flag(), offset),
              cluster));
    }
    return members;
  }

  private static String name(int index) {
    return "n" + (index + 1);
  }
}
