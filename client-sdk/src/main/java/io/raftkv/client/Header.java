package io.raftkv.client;

/**
 * What comes with every answer. Ids are unsigned: print them with {@link Long#toUnsignedString}.
 *
 * @param clusterId the cluster that answered
 * @param memberId the member that answered
 * @param leaderId the leader as that member knows it; 0 if it knows none
 * @param leaderAddress where clients reach that leader, {@code host:port}; empty if not known
 * @param term the member's term
 * @param revision of the store as the answer saw it
 */
public record Header(
    long clusterId, long memberId, long leaderId, String leaderAddress, long term, long revision) {}
