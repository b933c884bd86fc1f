package io.raftkv.server;

import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Membership;
import io.raftkv.raft.MembershipChange;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftException.Reason;
import io.raftkv.raft.node.NodeStatus;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the address at which a member came back into the configuration, so that it outlives restarts
 * and everybody knows it. A member tells its address to whomever it connects to; who reaches it
 * there, and nowhere else, has it changed: nobody is believed about its own address. The leader
 * does so for the others, and they for the leader; and for one another if the leader does not,
 * which may reach nobody there.
 *
 * <p>Run by one thread, now and then.
 */
final class MovedMembers implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(MovedMembers.class);

  /** Somebody else may just have had it changed. */
  private static final Set<Reason> PASSING =
      EnumSet.of(Reason.CHANGE_IN_PROGRESS, Reason.NO_LEADER, Reason.TRANSFERRING);

  private final String name;
  private final Supplier<NodeStatus> status;
  private final Function<MemberId, Optional<String>> movedTo;
  private final Function<MembershipChange, CompletableFuture<Membership>> change;

  /** Whom the leader had the time to see. */
  private Map<MemberId, String> before = Map.of();

  /** Why it was refused, as it was said last. */
  private String said = "";

  private CompletableFuture<?> underWay = CompletableFuture.completedFuture(null);

  /**
   * @param movedTo where a member is reached, if not where the configuration says
   * @param change asks the leader
   */
  MovedMembers(
      String name,
      Supplier<NodeStatus> status,
      Function<MemberId, Optional<String>> movedTo,
      Function<MembershipChange, CompletableFuture<Membership>> change) {
    this.name = name;
    this.status = status;
    this.movedTo = movedTo;
    this.change = change;
  }

  @Override
  public void run() {
    if (!underWay.isDone()) {
      return;
    }
    NodeStatus now = status.get();
    Map<MemberId, String> moved = new HashMap<>();
    for (Member member : now.configuration().members()) {
      movedTo.apply(member.id()).ifPresent(address -> moved.put(member.id(), address));
    }
    List<CompletableFuture<?>> asked = new ArrayList<>();
    for (Member member : now.configuration().members()) {
      String address = moved.get(member.id());
      boolean isOurs =
          now.isLeader()
              || member.id().equals(now.leader())
              || Objects.equals(address, before.get(member.id()));
      if (address != null && isOurs) {
        asked.add(move(member, address));
      }
    }
    underWay = CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new));
    before = moved;
  }

  private CompletableFuture<?> move(Member member, String address) {
    CompletableFuture<Membership> changed =
        change.apply(MembershipChange.move(member.id(), address));
    return changed.whenComplete(
        (membership, failure) -> {
          if (failure == null) {
            LOG.info(
                "{}: {} is at {} now, no longer at {}",
                name,
                member.name(),
                address,
                member.peerAddress());
          } else {
            refused(member, address, failure);
          }
        });
  }

  /** It is tried again: what is in the way, another change say, may pass. */
  private synchronized void refused(Member member, String address, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof RaftException refusal && PASSING.contains(refusal.reason())) {
      return;
    }
    String line =
        String.format(
            "%s is reached at %s, which is not noted yet: %s",
            member.name(), address, Failures.describe(cause == null ? failure : cause));
    if (!line.equals(said)) {
      LOG.warn("{}: {}", name, line);
      said = line;
    }
  }
}
