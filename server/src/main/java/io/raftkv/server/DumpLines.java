package io.raftkv.server;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.raftkv.kv.KeyVersion;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.DeleteCommand;
import io.raftkv.proto.peer.v1.PutCommand;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Base64;
import java.util.Locale;

/** What the log and the snapshots hold, each an object of JSON on one line. */
final class DumpLines {
  private interface Body {
    void write(JsonWriter json) throws IOException;
  }

  private DumpLines() {}

  /** Index, term, cluster time and what the entry does. */
  static String entry(LogEntry entry) throws IOException {
    return object(
        json -> {
          json.name("index").value(entry.index());
          json.name("term").value(entry.term());
          json.name("cluster_time_millis").value(entry.clusterTimeMillis());
          switch (entry.kind()) {
            case NO_OP -> json.name("type").value("no-op");
            case CONFIGURATION -> configuration(json, entry.data());
            case COMMAND -> command(json, entry.data());
          }
        });
  }

  private static void configuration(JsonWriter json, byte[] data) throws IOException {
    Configuration configuration = Configuration.decode(data);
    json.name("type").value("configuration").name("members").beginArray();
    for (var member : configuration.members()) {
      json.beginObject();
      json.name("name").value(member.name());
      json.name("id").value(member.id().toString());
      json.name("peer_address").value(member.peerAddress());
      json.name("voter").value(member.isVoter());
      json.endObject();
    }
    json.endArray();
    if (configuration.isJoint()) {
      json.name("outgoing_voters").beginArray();
      for (var voter : configuration.outgoingVoters()) {
        json.value(voter.toString());
      }
      json.endArray();
    }
  }

  private static void command(JsonWriter json, byte[] data) throws IOException {
    Command command;
    try {
      command = Command.parseFrom(data);
    } catch (InvalidProtocolBufferException e) {
      unknown(json, data);
      return;
    }
    switch (command.getOperationCase()) {
      case PUT -> put(json, command.getPut());
      case DELETE -> delete(json, command.getDelete());
      case COMPACT -> {
        json.name("type").value("compact");
        json.name("revision").value(command.getCompact().getRevision());
      }
      case EXPIRE -> {
        json.name("type").value("expire");
        json.name("limit").value(command.getExpire().getLimit());
      }
      case OPEN_SESSION -> {
        json.name("type").value("open-session");
        json.name("name").value(command.getOpenSession().getName());
        json.name("ttl_millis").value(command.getOpenSession().getTtlMillis());
      }
      case KEEP_SESSION -> {
        json.name("type").value("keep-session");
        session(json, command.getKeepSession().getSessionId());
        json.name("first_outstanding").value(command.getKeepSession().getFirstOutstanding());
      }
      case CLOSE_SESSION -> {
        json.name("type").value("close-session");
        session(json, command.getCloseSession().getSessionId());
      }
      case EXPIRE_SESSIONS -> json.name("type").value("expire-sessions");
      case OPERATION_NOT_SET -> unknown(json, data);
    }
    if (command.hasRequestId()) {
      session(json, command.getRequestId().getSessionId());
      json.name("sequence").value(command.getRequestId().getSequence());
      json.name("first_outstanding").value(command.getRequestId().getFirstOutstanding());
    }
  }

  /** As kvctl writes it: ids are text, for they may be more than a number of JSON can hold. */
  private static void session(JsonWriter json, long id) throws IOException {
    json.name("session_id").value(Long.toUnsignedString(id));
  }

  private static void unknown(JsonWriter json, byte[] data) throws IOException {
    json.name("type").value("unknown");
    json.name("data_base64").value(Base64.getEncoder().encodeToString(data));
  }

  private static void put(JsonWriter json, PutCommand put) throws IOException {
    json.name("type").value("put");
    bytes(json, "key", put.getKey());
    bytes(json, "value", put.getValue());
    switch (put.getCondition()) {
      case 0 -> {}
      case 1 -> json.name("if_absent").value(true);
      case 2 -> json.name("if_revision").value(put.getIfRevision());
      default -> json.name("condition").value(put.getCondition());
    }
    if (put.getTtlMillis() > 0) {
      json.name("ttl_millis").value(put.getTtlMillis());
    }
    if (put.getSessionId() != 0) {
      json.name("attached_to").value(Long.toUnsignedString(put.getSessionId()));
    }
  }

  private static void delete(JsonWriter json, DeleteCommand delete) throws IOException {
    json.name("type").value("delete");
    bytes(json, delete.getSingle() ? "key" : "start", delete.getStart());
    if (delete.hasEnd()) {
      bytes(json, "end", delete.getEnd());
    }
    if (delete.hasIfRevision()) {
      json.name("if_revision").value(delete.getIfRevision());
    }
    if (delete.getLimit() > 0) {
      json.name("limit").value(delete.getLimit());
    }
  }

  /** As {@code kvctl scan} writes it. */
  static String keyValue(KeyVersion shown) {
    try {
      return object(
          json -> {
            bytes(json, "key", ByteString.copyFrom(shown.key()));
            bytes(json, "value", ByteString.copyFrom(shown.value()));
          });
    } catch (IOException e) {
      throw new IllegalStateException("a string that cannot be written", e);
    }
  }

  /** {@code name} with the text where the bytes are UTF-8, else {@code name_base64}. */
  private static void bytes(JsonWriter json, String name, ByteString bytes) throws IOException {
    if (bytes.isValidUtf8()) {
      json.name(name).value(bytes.toStringUtf8());
    } else {
      json.name(name + "_base64").value(Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }
  }

  private static String object(Body body) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      body.write(json);
      json.endObject();
    }
    return withoutControls(text.toString());
  }

  /** Gson leaves DEL and the C1 control characters as they are; a terminal may obey them. */
  private static String withoutControls(String json) {
    StringBuilder escaped = new StringBuilder(json.length());
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c >= 0x7f && c <= 0x9f) {
        escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
