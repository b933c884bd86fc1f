package io.raftkv.server;

import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@link KnownPeers} up to date while the member runs. A member that does not answer now
 * stays where it was heard of last. Run by one thread, now and then.
 */
final class PeersNote implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(PeersNote.class);

  private final Path dataDir;
  private final long clusterId;
  private final Supplier<NodeStatus> status;
  private final Function<MemberId, Optional<String>> clientAddress;
  private KnownPeers noted;

  /**
   * @param clientAddress where a member serves clients, as it said itself; empty if it did not
   */
  PeersNote(
      Path dataDir,
      long clusterId,
      Supplier<NodeStatus> status,
      Function<MemberId, Optional<String>> clientAddress)
      throws IOException {
    this.dataDir = dataDir;
    this.clusterId = clusterId;
    this.status = status;
    this.clientAddress = clientAddress;
    noted = KnownPeers.read(dataDir);
  }

  @Override
  public void run() {
    NodeStatus now = status.get();
    if (now.configuration().members().isEmpty()) {
      return;
    }
    Map<String, HostPort> addresses = new TreeMap<>();
    for (Member member : now.configuration().members()) {
      if (!member.id().equals(now.self())) {
        address(member).ifPresent(address -> addresses.put(member.name(), address));
      }
    }
    KnownPeers wanted = new KnownPeers(OptionalLong.of(clusterId), addresses);
    if (wanted.equals(noted)) {
      return;
    }
    // Not tried again until there is something new to say: it is only a hint.
    noted = wanted;
    try {
      wanted.write(dataDir);
    } catch (IOException e) {
      LOG.warn("{} was not written: {}", dataDir.resolve(KnownPeers.FILE), Failures.describe(e));
    }
  }

  private Optional<HostPort> address(Member member) {
    Optional<String> said = clientAddress.apply(member.id());
    HostPort before = noted.addresses().get(member.name());
    Optional<HostPort> address = said.flatMap(HostPort::heard);
    return address.isPresent() ? address : Optional.ofNullable(before);
  }
}
