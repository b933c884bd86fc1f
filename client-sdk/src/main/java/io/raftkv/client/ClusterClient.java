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
   * Lets a new member in. It comes as a learner, and becomes a voter by itself once it has caught
   * up, unless it is to stay a learner.
   *
   * @throws KvException {@link Reason#MEMBER_EXISTS}, {@link Reason#CHANGE_IN_PROGRESS}, {@link
   *     Reason#UNSAFE_CHANGE}, {@link Reason#CONFIG_CONFLICT} or {@link Reason#BAD_MEMBER}
   */
  default ChangeResult add(NewMember member, ChangeOptions options) {
    return Blocking.write(() -> addAsync(member, options));
  }

  /** See {@link #add}. */
  CompletableFuture<ChangeResult> addAsync(NewMember member, ChangeOptions options);

  /**
   * Makes a learner a voter; no effect if it is one.
   *
   * @throws KvException {@link Reason#NOT_CAUGHT_UP}, {@link Reason#MEMBER_NOT_FOUND}, or as {@link
   *     #add}
   */
  default ChangeResult promote(long memberId, ChangeOptions options) {
    return Blocking.write(() -> promoteAsync(memberId, options));
  }

  /** See {@link #promote}. */
  CompletableFuture<ChangeResult> promoteAsync(long memberId, ChangeOptions options);

  /**
   * Removes a member for good. A leader hands leadership over first.
   *
   * @throws KvException {@link Reason#LAST_VOTER}, {@link Reason#MEMBER_NOT_FOUND}, or as {@link
   *     #add}
   */
  default ChangeResult remove(long memberId, ChangeOptions options) {
    return Blocking.write(() -> removeAsync(memberId, options));
  }

  /** See {@link #remove}. */
  CompletableFuture<ChangeResult> removeAsync(long memberId, ChangeOptions options);

  /**
   * Lets a new member in that takes the place of another one: once it has caught up it becomes a
   * voter and the other one goes, in one step. With the name and address of the other one it stands
   * in for a member that has lost its data, and that one goes at once.
   *
   * @throws KvException as {@link #add}, {@link Reason#UNSAFE_CHANGE} also if the one to stand in
   *     for answers, and {@link Reason#MEMBER_NOT_FOUND}
   */
  default ChangeResult replace(long memberId, NewMember member, ChangeOptions options) {
    return Blocking.write(() -> replaceAsync(memberId, member, options));
  }

  /** See {@link #replace}. */
  CompletableFuture<ChangeResult> replaceAsync(
      long memberId, NewMember member, ChangeOptions options);

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
