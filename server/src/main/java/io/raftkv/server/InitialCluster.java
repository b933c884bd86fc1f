package io.raftkv.server;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The members that start a cluster, by name. Every member computes the same ids from it, so that
 * none has to be handed out: the cluster's from the sorted list, a member's from the cluster's id
 * and its name.
 */
final class InitialCluster {
  private final Map<String, HostPort> peerAddresses;

  private InitialCluster(Map<String, HostPort> peerAddresses) {
    this.peerAddresses = new TreeMap<>(peerAddresses);
  }

  static InitialCluster single(String name, HostPort peerAddress) {
    return new InitialCluster(Map.of(name, peerAddress));
  }

  static InitialCluster of(Map<String, HostPort> peerAddresses) {
    return new InitialCluster(peerAddresses);
  }

  /**
   * Reads {@code n1=host:port,n2=host:port}.
   *
   * @param what names the setting in messages
   */
  static InitialCluster parse(String what, String text) throws StartException {
    Map<String, HostPort> members = new TreeMap<>();
    List<HostPort> addresses = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw StartException.wrong(
            what + " must be NAME=HOST:PEERPORT,..., but has '" + part.trim() + "'");
      }
      String name = checkedName(what, part.substring(0, equals).trim());
      HostPort address = HostPort.parse(what, part.substring(equals + 1).trim());
      if (members.put(name, address) != null) {
        throw StartException.wrong(what + " names " + name + " twice");
      }
      if (addresses.contains(address)) {
        throw StartException.wrong(what + " has the address " + address + " twice");
      }
      addresses.add(address);
    }
    return new InitialCluster(members);
  }

  /** Names are short and plain: they stand in log lines, metrics and on command lines. */
  static String checkedName(String what, String name) throws StartException {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw StartException.wrong(
          what + ": a name is 1 to 64 letters, digits, '.', '_' or '-', not '" + name + "'");
    }
    return name;
  }

  Map<String, HostPort> peerAddresses() {
    return peerAddresses;
  }

  /** Never 0. */
  long clusterId() {
    List<String> members = new ArrayList<>();
    peerAddresses.forEach((name, address) -> members.add(name + "=" + address));
    return hash("raftkv cluster " + String.join(",", members));
  }

  /** The id of the member of this name in a cluster: never {@link MemberId#NONE}. */
  static MemberId memberId(long clusterId, String name) {
    return new MemberId(hash(String.format("raftkv member %016x %s", clusterId, name)));
  }

  /** Of the founding member of this name. */
  Identity identity(String name) {
    long clusterId = clusterId();
    return new Identity(clusterId, memberId(clusterId, name));
  }

  /** The first configuration: all members vote. */
  Configuration configuration() {
    long clusterId = clusterId();
    List<Member> members = new ArrayList<>();
    peerAddresses.forEach(
        (name, address) ->
            members.add(new Member(memberId(clusterId, name), name, address.toString(), true)));
    return Configuration.of(members);
  }

  private static long hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      long value = ByteBuffer.wrap(digest.digest(text.getBytes(StandardCharsets.UTF_8))).getLong();
      return value == 0 ? 1 : value;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return peerAddresses.toString();
  }
}
