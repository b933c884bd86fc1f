package io.raftkv.server;

import com.google.gson.JsonObject;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.util.Locale;

/**
 * How a member is, for {@code /health} and the page: derived from one {@link NodeStatus}.
 *
 * @param isReady as grpc.health.v1 tells it for the service {@code ""}
 */
record Health(
    String name, String clientAddress, String version, boolean isReady, NodeStatus status) {

  private String leaderName() {
    MemberId leader = status.leader();
    return leader.isNone()
        ? ""
        : status.configuration().member(leader).map(Member::name).orElse(leader.toString());
  }

  String json() {
    JsonObject json = new JsonObject();
    json.addProperty(
        "status", isReady ? "serving" : status.leader().isNone() ? "no leader" : "not ready");
    json.addProperty("name", name);
    json.addProperty("role", role());
    json.addProperty("leader", leaderName());
    json.addProperty("term", status.term());
    json.addProperty("commit_index", status.commitIndex());
    json.addProperty("applied_index", status.appliedIndex());
    json.addProperty("version", version);
    return json + "\n";
  }

  private String role() {
    return status.role().name().toLowerCase(Locale.ROOT);
  }

  /** Names and addresses were checked to be plain: nothing in here needs escaping in HTML. */
  String page() {
    return String.format(
        """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><title>raftkv %1$s</title>
        <h1>raftkv %1$s</h1>
        <p>%2$s, term %3$d, leader: %4$s</p>
        <p>committed %5$d, applied %6$d, durable %7$d, snapshot %8$d</p>
        <p>clients: %9$s, version %10$s</p>
        <p><a href="/metrics">metrics</a> <a href="/health">health</a></p>
        </html>
        """,
        name,
        role(),
        status.term(),
        status.leader().isNone() ? "none known" : leaderName(),
        status.commitIndex(),
        status.appliedIndex(),
        status.durableIndex(),
        status.snapshotIndex(),
        clientAddress,
        version);
  }
}
