package io.raftkv.client;

/**
 * A member as the leader knows it.
 *
 * @param id unsigned
 * @param clientAddress {@code host:port} for clients; empty while not known
 * @param peerAddress {@code host:port} for the other members
 * @param matchIndex up to which its log is known to agree with the leader's
 * @param lag entries that it is behind the leader's log
 * @param healthy whether the leader heard from it within the last election timeout
 * @param isJoining a learner that becomes a voter by itself once it has caught up
 * @param replaces the member that goes when this one becomes a voter; 0: none
 */
public record Member(
    long id,
    String name,
    MemberRole role,
    String clientAddress,
    String peerAddress,
    long matchIndex,
    long lag,
    boolean healthy,
    boolean isJoining,
    long replaces) {}
