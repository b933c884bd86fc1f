package io.raftkv.service;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.raftkv.raft.node.NodeStatus;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Tells grpc.health.v1 how this member is. Confined to the timer that calls {@link #run}.
 *
 * <ul>
 *   <li>{@code ""}: a leader is known, all that it said to be committed has been applied here at
 *       some time, and what was committed at the run before is applied by now;
 *   <li>{@code live}: the process is up;
 *   <li>{@code leader}: this member leads.
 * </ul>
 */
public final class HealthUpdater implements Runnable {
  static final String READY = HealthStatusManager.SERVICE_NAME_ALL_SERVICES;
  static final String LIVE = "live";
  static final String LEADER = "leader";

  private final HealthStatusManager manager;
  private final Consensus consensus;
  private final LongSupplier appliedIndex;
  private final Map<String, Boolean> told = new HashMap<>();

  /** Committed at the run before; what is committed since may still be on its way. */
  private long commitIndexBefore;

  private volatile boolean isReady;
  private volatile boolean isDraining;

  HealthUpdater(HealthStatusManager manager, Consensus consensus, LongSupplier appliedIndex) {
    this.manager = manager;
    this.consensus = consensus;
    this.appliedIndex = appliedIndex;
    tell(READY, false);
    tell(LEADER, false);
    tell(LIVE, true);
  }

  /** Looks once; to be called several times a second. */
  @Override
  public void run() {
    NodeStatus status = consensus.status();
    // A snapshot, or the first words of a leader, tell of less than what is committed: not before
    // everything has been here once that a leader of this run said.
    boolean isCaughtUp =
        status.freshAtNanos() != Long.MIN_VALUE && appliedIndex.getAsLong() >= commitIndexBefore;
    commitIndexBefore = status.commitIndex();
    isReady = !status.leader().isNone() && isCaughtUp;
    tell(READY, isReady);
    tell(LEADER, status.isLeader());
  }

  /** As of the latest run. For any thread. */
  public boolean isReady() {
    return isReady && !isDraining;
  }

  /** Not ready any more, whatever comes. For any thread. */
  synchronized void drain() {
    if (!isDraining) {
      isDraining = true;
      manager.enterTerminalState();
    }
  }

  private void tell(String service, boolean isServing) {
    Boolean before = told.put(service, isServing);
    if (before == null || before != isServing) {
      manager.setStatus(service, isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }
  }
}
