package io.raftkv.server;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvView;
import io.raftkv.net.ConnectionGate;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.node.NodeStatus;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.service.ClientServer;
import io.raftkv.service.ConnectionLimits;
import io.raftkv.service.ServiceLimits;
import io.raftkv.storage.Scrub;
import io.raftkv.transport.TransportStats;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Gauges and counters of one member. They cost nothing until somebody reads {@code /metrics}. */
final class NodeMetrics {
  private static final double NANOS_PER_SECOND = 1e9;

  private final PrometheusRegistry registry;

  NodeMetrics(PrometheusRegistry registry) {
    this.registry = registry;
    registry.register(new Jvm());
  }

  /** The metrics of the JVM, made when somebody first looks: that takes as long as half a start. */
  private static final class Jvm implements MultiCollector {
    private @Nullable PrometheusRegistry made;

    @Override
    public synchronized MetricSnapshots collect() {
      PrometheusRegistry metrics = made;
      if (metrics == null) {
        metrics = new PrometheusRegistry();
        JvmMetrics.builder().register(metrics);
        made = metrics;
      }
      return metrics.scrape();
    }
  }

  void addNode(Supplier<NodeStatus> status) {
    statusGauge("raftkv_raft_term", "Term of this member.", status, NodeStatus::term);
    statusGauge("raftkv_raft_is_leader", "1 if it leads.", status, now -> now.isLeader() ? 1 : 0);
    statusGauge(
        "raftkv_raft_has_leader",
        "1 if it knows a leader of its term.",
        status,
        now -> now.leader().isNone() ? 0 : 1);
    statusGauge(
        "raftkv_raft_first_index", "First entry of its log.", status, NodeStatus::firstIndex);
    statusGauge("raftkv_raft_last_index", "Last entry of its log.", status, NodeStatus::lastIndex);
    statusGauge(
        "raftkv_raft_commit_index",
        "Last entry that it knows to be committed.",
        status,
        NodeStatus::commitIndex);
    statusGauge(
        "raftkv_raft_applied_index", "Last entry applied.", status, NodeStatus::appliedIndex);
    statusGauge(
        "raftkv_raft_durable_index",
        "Last entry that its own disk holds.",
        status,
        NodeStatus::durableIndex);
    statusGauge(
        "raftkv_raft_snapshot_index",
        "Last entry of its newest snapshot.",
        status,
        NodeStatus::snapshotIndex);
    statusGauge(
        "raftkv_raft_state_agreed_index",
        "Last entry after which its state was found to be that of the leader, or of a quorum.",
        status,
        NodeStatus::agreedIndex);
    statusGauge(
        "raftkv_raft_state_in_doubt",
        "1 if replicas differ and too few answer to tell which one is wrong.",
        status,
        now -> now.isStateInDoubt() ? 1 : 0);
    followerGauge(
        "raftkv_raft_follower_match_index",
        "On the leader: last entry in which the follower agrees.",
        status,
        NodeStatus.Follower::matchIndex);
    followerGauge(
        "raftkv_raft_follower_active",
        "On the leader: 1 if the follower answered within an election timeout.",
        status,
        follower -> follower.isActive() ? 1 : 0);
  }

  void addNodeStats(Supplier<RaftNode.Stats> stats) {
    counter(
        "raftkv_node_requests_refused_total",
        "Requests refused: too many wait.",
        () -> stats.get().requestsRefused());
    counter(
        "raftkv_node_messages_dropped_total",
        "Messages of other members dropped: too many wait.",
        () -> stats.get().messagesDropped());
    counter(
        "raftkv_node_terms_refused_total",
        "Messages of other members dropped: their term is far above ours.",
        () -> stats.get().termsRefused());
    counter(
        "raftkv_raft_elections_started_total",
        "Elections in which this member asked for votes.",
        () -> stats.get().electionsStarted());
    counter(
        "raftkv_raft_leader_changes_total",
        "How often this member learned of a new leader.",
        () -> stats.get().leaderChanges());
    queueGauge("raftkv_node_queue_size", "What waits in a queue.", stats, RaftNode.Queue::size);
    queueGauge("raftkv_node_queue_max", "What may wait in it.", stats, RaftNode.Queue::max);
  }

  private void queueGauge(
      String name,
      String help,
      Supplier<RaftNode.Stats> stats,
      ToDoubleFunction<RaftNode.Queue> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("queue")
        .callback(
            out ->
                stats
                    .get()
                    .queues()
                    .forEach(queue -> out.call(value.applyAsDouble(queue), queue.name())))
        .register(registry);
  }

  private void statusGauge(
      String name, String help, Supplier<NodeStatus> status, ToDoubleFunction<NodeStatus> value) {
    gauge(name, help, () -> value.applyAsDouble(status.get()));
  }

  private void followerGauge(
      String name,
      String help,
      Supplier<NodeStatus> status,
      ToDoubleFunction<NodeStatus.Follower> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("follower")
        .callback(
            out -> {
              NodeStatus now = status.get();
              for (NodeStatus.Follower follower : now.followers()) {
                out.call(value.applyAsDouble(follower), nameOf(now, follower));
              }
            })
        .register(registry);
  }

  private static String nameOf(NodeStatus status, NodeStatus.Follower follower) {
    return status
        .configuration()
        .member(follower.id())
        .map(member -> member.name())
        .orElse(follower.id().toString());
  }

  void addStores(LogStore log, SnapshotStore snapshots, Supplier<KvView> view) {
    gauge("raftkv_log_bytes", "Size of the log.", log::sizeBytes);
    gauge("raftkv_snapshot_bytes", "Size of all snapshots.", snapshots::sizeBytes);
    gauge("raftkv_store_keys", "Keys that exist.", () -> view.get().keys());
    gauge("raftkv_sessions", "Sessions that are open.", () -> view.get().sessionCount());
    gauge(
        "raftkv_session_answer_bytes",
        "Answers kept for the clients of sessions; about bytes.",
        () -> view.get().sessionResultBytes());
    gauge("raftkv_store_revision", "Revision of the store.", () -> view.get().revision());
    gauge(
        "raftkv_store_compacted_revision",
        "Earliest revision that can be read.",
        () -> view.get().compactedRevision());
  }

  void addWaiters(IntSupplier waiters, KvLimits limits) {
    gauge("raftkv_revision_waiters", "Readers that wait for a revision.", waiters::getAsInt);
    gauge(
        "raftkv_revision_waiters_max",
        "Readers that may wait; more are refused.",
        limits::waitersMax);
  }

  /** Told how long each sync of the log took. */
  LongConsumer syncTimes() {
    Histogram seconds =
        Histogram.builder()
            .name("raftkv_log_sync_seconds")
            .help("How long the disk took to make a batch of the log durable.")
            .classicOnly()
            .classicExponentialUpperBounds(0.00005, 2, 17)
            .register(registry);
    return nanos -> seconds.observe(nanos / NANOS_PER_SECOND);
  }

  void addDisk(DoubleSupplier freeBytes) {
    gauge("raftkv_disk_free_bytes", "Room left where the data dir is.", freeBytes);
  }

  void addScrub(Scrub scrub) {
    counter("raftkv_scrub_bytes_total", "Bytes at rest read back.", scrub::bytesVerified);
    counter("raftkv_scrub_files_total", "Files at rest found whole.", scrub::filesVerified);
    counter("raftkv_scrub_damages_total", "Files at rest found damaged.", scrub::damagesFound);
  }

  void addClients(ClientServer server, ServiceLimits limits) {
    gauge("raftkv_calls_open", "Calls open, with or without a request.", server::callsOpen);
    gauge(
        "raftkv_calls_open_max",
        "Calls that may be open; more are refused.",
        ConnectionLimits.DEFAULT::callsMax);
    gauge("raftkv_pipelines_open", "Of these, streams of many requests.", server::pipelines);
    gauge(
        "raftkv_pipeline_answers_waiting",
        "Answers on these that wait for their client.",
        server::pipelineAnswers);
    gauge("raftkv_requests_in_flight", "Requests under way.", server::requestsInFlight);
    gauge(
        "raftkv_requests_in_flight_max",
        "Requests that may be under way; more are refused.",
        limits::requestsInFlightMax);
    gauge("raftkv_request_bytes_in_flight", "Their bytes.", server::bytesInFlight);
    gauge(
        "raftkv_request_bytes_in_flight_max",
        "Bytes that may be under way; more are refused.",
        limits::bytesInFlightMax);
    gauge("raftkv_pages_queued", "Pages that wait for a thread.", server::pagesQueued);
    gauge(
        "raftkv_pages_queued_max", "Pages that may wait; more are refused.", limits::pageQueueMax);
    gauge("raftkv_walks_queued", "Counts and hashes that wait for a thread.", server::walksQueued);
    gauge(
        "raftkv_walks_queued_max",
        "Counts and hashes that may wait; more are refused.",
        limits::walkQueueMax);
    gauge(
        "raftkv_answer_bytes_held",
        "Bytes of answers that clients have not taken yet.",
        server::answerBytes);
    gauge(
        "raftkv_answer_bytes_held_max",
        "Bytes of answers that may be held; while it is more, requests are refused.",
        limits::answerBytesMax);
  }

  /**
   * The connections of a port.
   *
   * @param port {@code client} or {@code peer}
   */
  void addConnections(String port, ConnectionGate gate) {
    gauge("raftkv_" + port + "_connections", "Connections open.", gate::connections);
    gauge(
        "raftkv_" + port + "_connections_max",
        "Connections that may be open; more are closed at once.",
        gate::connectionsMax);
    counter(
        "raftkv_" + port + "_connections_refused_total",
        "Connections closed at once: too many are open.",
        gate::refused);
  }

  /**
   * @param queued messages that wait for a member
   */
  void addOutboxes(Supplier<NodeStatus> status, ToIntFunction<MemberId> queued) {
    GaugeWithCallback.builder()
        .name("raftkv_peer_messages_queued")
        .help("Messages that wait for another member.")
        .labelNames("peer")
        .callback(
            out -> {
              NodeStatus now = status.get();
              for (Member member : now.configuration().members()) {
                if (!member.id().equals(now.self())) {
                  out.call(queued.applyAsInt(member.id()), member.name());
                }
              }
            })
        .register(registry);
  }

  void addTransport(TransportStats stats) {
    gauge("raftkv_peer_buffered_bytes", "Bytes that wait for other members.", stats::bufferedBytes);
    counter("raftkv_peer_connects_total", "Connections made.", stats::connects);
    counter("raftkv_peer_breaks_total", "Connections that broke.", stats::breaks);
    counter(
        "raftkv_peer_refused_handshakes_total",
        "Streams refused over who the other one is.",
        stats::refusedHandshakes);
    counter("raftkv_peer_bad_messages_total", "Messages that made no sense.", stats::badMessages);
    streamCounter("raftkv_peer_messages_sent_total", "Messages sent.", stats::sent);
    streamCounter("raftkv_peer_bytes_sent_total", "Bytes sent, roughly.", stats::sentBytes);
    streamCounter("raftkv_peer_messages_received_total", "Messages received.", stats::received);
    streamCounter(
        "raftkv_peer_messages_dropped_full_total",
        "Messages dropped: the peer takes them too slowly.",
        stats::droppedFull);
    streamCounter(
        "raftkv_peer_messages_dropped_unconnected_total",
        "Messages dropped: no connection.",
        stats::droppedUnconnected);
  }

  private void streamCounter(String name, String help, ToDoubleFunction<Message.Stream> value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("stream")
        .callback(
            out -> {
              for (Message.Stream stream : Message.Stream.values()) {
                out.call(value.applyAsDouble(stream), stream.name().toLowerCase(Locale.ROOT));
              }
            })
        .register(registry);
  }

  private void counter(String name, String help, DoubleSupplier value) {
    Consumer<CounterWithCallback.Callback> callback = out -> out.call(value.getAsDouble());
    CounterWithCallback.builder().name(name).help(help).callback(callback).register(registry);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    Consumer<GaugeWithCallback.Callback> callback = out -> out.call(value.getAsDouble());
    GaugeWithCallback.builder().name(name).help(help).callback(callback).register(registry);
  }
}
