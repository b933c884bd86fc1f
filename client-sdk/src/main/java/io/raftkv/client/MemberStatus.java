package io.raftkv.client;

import java.util.List;

/**
 * What a member says about itself. Indexes are positions in its log.
 *
 * @param endpoint the member that was asked
 * @param version of its program
 * @param firstIndex of the log; older entries live in the snapshot
 * @param durableIndex up to which its own disk holds the log
 * @param compactedRevision the oldest revision that can be read
 * @param keys in the store
 * @param stateHash over everything applied up to {@code appliedIndex}; equal on every member there
 * @param alarms what needs an operator; empty when all is well
 */
public record MemberStatus(
    Header header,
    Endpoint endpoint,
    String version,
    String name,
    MemberRole role,
    long firstIndex,
    long lastIndex,
    long commitIndex,
    long appliedIndex,
    long durableIndex,
    long snapshotIndex,
    long compactedRevision,
    long keys,
    long logBytes,
    long snapshotBytes,
    long stateHash,
    List<String> alarms) {
  public MemberStatus {
    alarms = List.copyOf(alarms);
  }
}
