package io.raftkv.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberListResponse;
import io.raftkv.proto.v1.MemberReplaceRequest;
import io.raftkv.proto.v1.Reason;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.server.ClusterCalls.RefusedException;
import java.util.List;
import java.util.Optional;

/**
 * Asks a running cluster to take a new member in the place of this one, which has lost what it
 * knew: under another id, with the same name and peer address. The old id is that of a dead member
 * from then on. Used by one thread; waits for answers, for a bounded time.
 */
final class StandIn {
  private final ServerConfig config;
  private final ClusterCalls cluster;
  private final long clusterId;
  private final Optional<MemberId> former;

  /**
   * @param addresses client ports of other members, at least one
   * @param clusterId of the cluster that this member belongs to
   * @param former its id, if that is known
   */
  StandIn(
      ServerConfig config, List<HostPort> addresses, long clusterId, Optional<MemberId> former) {
    this.config = config;
    this.clusterId = clusterId;
    this.former = former;
    // Until the leader has noticed that the old member is down it does not let it go.
    cluster = new ClusterCalls(addresses, Reason.CHANGE_IN_PROGRESS, Reason.UNSAFE_CHANGE);
  }

  /**
   * Who this member is to be from now on. On return the cluster has agreed to it: the new
   * configuration is committed, and nothing was promised under the new id.
   *
   * @throws RefusedException if the cluster does not answer, or there is no place for this member
   */
  Identity ask() throws RefusedException {
    MemberId fresh = Joining.newId();
    while (true) {
      Member place = place(fresh);
      MemberId successor = isKept(place) ? new MemberId(place.getId()) : fresh;
      MemberReplaceRequest replace =
          MemberReplaceRequest.newBuilder()
              .setId(place.getId())
              .setNewId(successor.value())
              .setName(config.name())
              .setPeerAddress(config.peerAddress())
              .build();
      try {
        var unused = cluster.any(stub -> stub.memberReplace(replace));
        return new Identity(clusterId, successor);
      } catch (RefusedException e) {
        // The list was an old one, or an answer was lost and the place is ours by now.
        if (!isOutdated(e) || cluster.isTimeUp()) {
          throw e;
        }
      }
      ClusterCalls.pause();
    }
  }

  private static boolean isOutdated(RefusedException e) {
    return e.getCause() instanceof StatusRuntimeException refusal
        && (refusal.getStatus().getCode() == Status.Code.NOT_FOUND
            || refusal.getStatus().getCode() == Status.Code.ALREADY_EXISTS);
  }

  /**
   * Whether the cluster has let the old id go already, and keeps the place for a new one: an
   * earlier attempt ended there. It is taken only if it is certain that this folder never was that
   * of the new one, and nobody has come.
   */
  private boolean isKept(Member place) {
    return former.isPresent()
        && place.getId() != former.get().value()
        && !place.getHealthy()
        && Joining.isAwaited(place, config);
  }

  /** Where this member stands in the cluster, whatever its id is there. */
  private Member place(MemberId fresh) throws RefusedException {
    MemberListResponse list = cluster.members();
    while (list.getHeader().getLeaderId() == 0 && !cluster.isTimeUp()) {
      // What a member knows that hears of no leader may be an old list.
      ClusterCalls.pause();
      list = cluster.members();
    }
    if (list.getHeader().getClusterId() != clusterId) {
      throw new RefusedException(
          String.format(
              "this is a member of cluster %016x, and those asked are of %016x",
              clusterId, list.getHeader().getClusterId()));
    }
    for (Member member : list.getMembersList()) {
      if (member.getName().equals(config.name())
          && member.getPeerAddress().equals(config.peerAddress())) {
        return checked(member, fresh);
      }
    }
    throw new RefusedException(
        String.format(
            "the cluster has no member %s at %s: it was removed, or is another one",
            config.name(), config.peerAddress()));
  }

  private Member checked(Member place, MemberId fresh) throws RefusedException {
    boolean isOurs =
        former.isEmpty()
            || place.getId() == former.get().value()
            || place.getId() == fresh.value()
            || Joining.isAwaited(place, config);
    if (!isOurs) {
      throw new RefusedException(
          String.format(
              "this folder was that of member %s, and %s is member %s of the cluster",
              former.get(), config.name(), new MemberId(place.getId())));
    }
    return place;
  }
}
