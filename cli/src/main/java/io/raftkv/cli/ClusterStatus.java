package io.raftkv.cli;

import io.raftkv.client.Endpoint;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Member;
import io.raftkv.client.MemberRole;
import io.raftkv.client.MemberStatus;
import io.raftkv.client.MembersResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as its members see it at about one moment: each is asked about itself.
 *
 * @param leader the member that leads in the highest term; empty if none is known to
 * @param members in the order of their names
 */
record ClusterStatus(Optional<String> leader, long term, long revision, List<MemberView> members) {
  /**
   * A member.
   *
   * @param role LEADER, FOLLOWER or LEARNER
   * @param status its own words; null if it did not answer
   * @param healthy whether it answered and raises no alarm
   */
  record MemberView(
      String name,
      long id,
      MemberRole role,
      String clientAddress,
      String peerAddress,
      @Nullable MemberStatus status,
      boolean healthy) {}

  ClusterStatus {
    members = List.copyOf(members);
  }

  /**
   * Asks every member that the cluster lists; without a leader, who keeps the list, the given
   * endpoints. Blocks until all have answered or failed, for twice the client's timeout at most.
   *
   * @throws KvException if nobody answered
   */
  static ClusterStatus ask(KvClient client) {
    List<Member> listed = List.of();
    KvException listFailure = null;
    try {
      MembersResult result = client.cluster().members();
      listed = result.members();
    } catch (KvException e) {
      listFailure = e;
    }
    Set<Endpoint> endpoints = new LinkedHashSet<>();
    for (Member member : listed) {
      if (!member.clientAddress().isEmpty()) {
        endpoints.add(Endpoint.parse(member.clientAddress()));
      }
    }
    // Where an address is not known yet, one of the given endpoints may be that member.
    if (listed.isEmpty() || endpoints.size() < listed.size()) {
      endpoints.addAll(client.options().endpoints());
    }
    Map<Long, MemberStatus> statuses = statuses(client, endpoints);
    if (statuses.isEmpty() && listFailure != null) {
      throw listFailure;
    }
    return of(listed, statuses);
  }

  private static Map<Long, MemberStatus> statuses(KvClient client, Set<Endpoint> endpoints) {
    List<CompletableFuture<MemberStatus>> asked = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      asked.add(client.maintenance().statusAsync(endpoint));
    }
    Map<Long, MemberStatus> statuses = new LinkedHashMap<>();
    for (CompletableFuture<MemberStatus> answer : asked) {
      try {
        MemberStatus status = answer.join();
        statuses.put(status.header().memberId(), status);
      } catch (CompletionException e) {
        // It shows as a member that is not healthy.
        if (!(e.getCause() instanceof KvException)) {
          throw e;
        }
      }
    }
    return statuses;
  }

  static ClusterStatus of(List<Member> listed, Map<Long, MemberStatus> statuses) {
    // The members are asked one after the other, so that an old and a new leader may both say they
    // lead. Only the one of the highest term does (§5.1).
    Optional<MemberStatus> leader =
        statuses.values().stream()
            .filter(status -> status.role() == MemberRole.LEADER)
            .max(Comparator.comparingLong(status -> status.header().term()));
    long leaderId = leader.map(status -> status.header().memberId()).orElse(0L);

    Map<Long, MemberStatus> unlisted = new HashMap<>(statuses);
    List<MemberView> views = new ArrayList<>();
    for (Member member : listed) {
      MemberStatus status = unlisted.remove(member.id());
      MemberRole said = status == null ? member.role() : status.role();
      views.add(
          new MemberView(
              member.name(),
              member.id(),
              role(said, member.id() == leaderId),
              member.clientAddress(),
              member.peerAddress(),
              status,
              status != null && status.alarms().isEmpty()));
    }
    for (MemberStatus status : unlisted.values()) {
      long id = status.header().memberId();
      views.add(
          new MemberView(
              status.name(),
              id,
              role(status.role(), id == leaderId),
              status.endpoint().toString(),
              "",
              status,
              status.alarms().isEmpty()));
    }
    views.sort(Comparator.comparing(MemberView::name));
    return new ClusterStatus(
        leader.map(MemberStatus::name),
        statuses.values().stream().mapToLong(status -> status.header().term()).max().orElse(0),
        statuses.values().stream().mapToLong(status -> status.header().revision()).max().orElse(0),
        views);
  }

  /** A candidate is a follower that tries; its office is that of a follower. */
  private static MemberRole role(MemberRole said, boolean isLeader) {
    if (isLeader) {
      return MemberRole.LEADER;
    }
    return said == MemberRole.LEARNER ? MemberRole.LEARNER : MemberRole.FOLLOWER;
  }
}
