package io.raftkv.service;

import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeClock;
import java.util.Optional;
import java.util.function.Function;

/** What all services share. */
record ServiceContext(
    MemberIdentity identity,
    Consensus consensus,
    KvStateMachine store,
    Headers headers,
    Calls calls,
    Reads reads,
    RequestChecks checks,
    ServiceLimits limits,
    MemberFigures figures,
    LeaderMembers leaderMembers,
    Walkers pages,
    Walkers walks,
    Walkers backups,
    BackupFormat backupFormat)
    implements AutoCloseable {
  /** Each may wait for its client for most of the time. */
  private static final int BACKUP_THREADS = 2;

  private static final int BACKUP_QUEUE_MAX = 8;

  static ServiceContext of(
      MemberIdentity identity,
      Consensus consensus,
      KvStateMachine store,
      Function<MemberId, Optional<String>> clientAddress,
      MemberFigures figures,
      BackupFormat backupFormat,
      ServiceLimits limits,
      NodeClock clock,
      ServiceMetrics metrics) {
    Headers headers = new Headers(identity, consensus, clientAddress);
    return new ServiceContext(
        identity,
        consensus,
        store,
        headers,
        new Calls(limits, new Errors(headers), clock, metrics),
        new Reads(consensus, store, clock),
        new RequestChecks(limits),
        limits,
        figures,
        new LeaderMembers(),
        new Walkers("pages", limits.pageThreads(), limits.pageQueueMax()),
        new Walkers("walks", 1, limits.walkQueueMax()),
        new Walkers("backups", BACKUP_THREADS, BACKUP_QUEUE_MAX),
        backupFormat);
  }

  @Override
  public void close() {
    leaderMembers.close();
    pages.close();
    walks.close();
    backups.close();
  }
}
