package io.raftkv.client;

import io.raftkv.client.impl.Blocking;
import java.util.concurrent.CompletableFuture;

/** The members, and who leads. Thread-safe; the rules of {@link KvClient} apply. */
public interface ClusterClient {
  /** The members as the leader knows them. */
  default MembersResult members() {
    return Blocking.read(() -> membersAsync());
  }

  /** See {@link #members()}. */
  CompletableFuture<MembersResult> membersAsync();

  /**
   * Hands leadership to a member, which is brought up to date first. Returns when it leads.
   *
   * @throws KvException {@link Reason#TRANSFER_FAILED} if it cannot lead or did not in time, {@link
   *     Reason#MEMBER_NOT_FOUND} if there is no such member
   */
  default TransferResult transferLeadership(long memberId) {
    return Blocking.write(() -> transferLeadershipAsync(memberId));
  }

  /** Hands leadership to the member that is most up to date. */
  default TransferResult transferLeadership() {
    return Blocking.write(() -> transferLeadershipAsync(0));
  }

  /**
   * See {@link #transferLeadership(long)}.
   *
   * @param memberId 0: the member that is most up to date
   */
  CompletableFuture<TransferResult> transferLeadershipAsync(long memberId);
}
