package io.raftkv.client.impl;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import io.raftkv.proto.wire.ErrorInfo;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a gRPC status means. */
final class Failures {
  private static final String DOMAIN = "raftkv";
  private static final Set<Reason> OUR_OWN =
      EnumSet.of(
          Reason.UNREACHABLE,
          Reason.CONNECTION_LOST,
          Reason.CLIENT_CLOSED,
          Reason.INTERRUPTED,
          Reason.UNIMPLEMENTED,
          Reason.UNRECOGNIZED);
  private static final Map<String, Reason> REASONS = reasons();

  private Failures() {}

  /**
   * Reads a status.
   *
   * @param wasSent whether the request was handed to a connection; without a word of the server,
   *     this alone decides whether a write may have happened
   */
  static Failure of(
      Method<?, ?> method, Status status, @Nullable Metadata trailers, boolean wasSent) {
    com.google.rpc.Status said =
        trailers == null ? null : StatusProto.fromStatusAndTrailers(status, trailers);
    Failure ours = said == null ? null : ofServer(method, said);
    return ours == null ? ofTransport(method, status, wasSent) : ours;
  }

  /** Reads the error that a call of a pipeline was answered with. */
  static Failure of(Method<?, ?> method, com.google.rpc.Status said) {
    Failure ours = ofServer(method, said);
    return ours == null
        ? ofTransport(
            method, Status.fromCodeValue(said.getCode()).withDescription(said.getMessage()), true)
        : ours;
  }

  /** Null if no server of ours says that. */
  private static @Nullable Failure ofServer(Method<?, ?> method, com.google.rpc.Status said) {
    ErrorInfo info = detail(said, "google.rpc.ErrorInfo", ErrorInfo.parser());
    if (info == null || !info.getDomain().equals(DOMAIN)) {
      return null;
    }
    Map<String, String> metadata = new HashMap<>();
    info.getMetadataList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
    Reason reason = REASONS.getOrDefault(info.getReason(), Reason.UNRECOGNIZED);
    // The message names the reason once, and so does ours.
    String prefix = info.getReason() + ": ";
    String text = said.getMessage();
    text = text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    if (reason == Reason.UNRECOGNIZED) {
      text = prefix + text;
    }
    return new Failure(
        reason,
        outcome(method, metadata.getOrDefault("outcome", "")),
        text.isBlank() ? "refused" : text,
        Map.copyOf(metadata),
        true,
        // Of a member without a leader, the next election knows better when to ask again.
        reason.kind() == Reason.Kind.EXHAUSTED ? retryDelayNanos(said) : -1,
        null);
  }

  private static Outcome outcome(Method<?, ?> method, String stated) {
    // Whatever is not stated clearly may have happened.
    return stated.equals("not_applied") ? method.outcomeUnsent() : method.outcomeOnceSent();
  }

  private static Failure ofTransport(Method<?, ?> method, Status status, boolean wasSent) {
    Outcome outcome = wasSent ? method.outcomeOnceSent() : method.outcomeUnsent();
    Reason broken = wasSent ? Reason.CONNECTION_LOST : Reason.UNREACHABLE;
    Reason reason =
        switch (status.getCode()) {
          case UNAVAILABLE -> broken;
          case CANCELLED -> Reason.CONNECTION_LOST;
          case DEADLINE_EXCEEDED -> Reason.TIMEOUT;
          case UNIMPLEMENTED -> Reason.UNIMPLEMENTED;
          case UNAUTHENTICATED -> Reason.UNAUTHENTICATED;
          case PERMISSION_DENIED -> Reason.PERMISSION_DENIED;
          // A connection that closes under a request is UNKNOWN, "channel closed", to gRPC. Only
          // what ends on this side has a cause.
          case INTERNAL, UNKNOWN ->
              status.getCause() instanceof IOException ? broken : Reason.INTERNAL_ERROR;
          default -> Reason.UNRECOGNIZED;
        };
    String detail =
        switch (reason) {
          case TIMEOUT -> "no answer in time";
          case UNREACHABLE -> "cannot connect: " + words(status);
          case CONNECTION_LOST -> "the connection broke: " + words(status);
          default -> status.getCode() + ": " + words(status);
        };
    return new Failure(reason, outcome, detail, Map.of(), false, -1, status.getCause());
  }

  /** The innermost message: gRPC's own is often no more than "io exception". */
  private static String words(Status status) {
    String words = status.getDescription();
    int depth = 0;
    for (Throwable t = status.getCause(); t != null && depth < 10; t = t.getCause(), depth++) {
      if (t.getMessage() != null) {
        words = t.getMessage();
      }
    }
    return words == null ? status.getCode().toString() : words;
  }

  private static long retryDelayNanos(com.google.rpc.Status said) {
    RetryInfo retry = detail(said, "google.rpc.RetryInfo", RetryInfo.parser());
    if (retry == null) {
      return -1;
    }
    Duration delay = retry.getRetryDelay();
    boolean isSane = delay.getSeconds() >= 0 && delay.getSeconds() < 3_600 && delay.getNanos() >= 0;
    return isSane ? delay.getSeconds() * 1_000_000_000L + delay.getNanos() : -1;
  }

  /**
   * The detail of that name, null if there is none that can be read: without it the outcome counts
   * as unknown. {@link Any#is} would ask for the descriptor of what it could be.
   */
  private static <M> @Nullable M detail(com.google.rpc.Status said, String name, Parser<M> type) {
    for (Any any : said.getDetailsList()) {
      String url = any.getTypeUrl();
      if (url.substring(url.lastIndexOf('/') + 1).equals(name)) {
        try {
          return type.parseFrom(any.getValue());
        } catch (InvalidProtocolBufferException e) {
          return null;
        }
      }
    }
    return null;
  }

  /** The servers' reasons only: one of ours in their mouth would be misread. */
  private static Map<String, Reason> reasons() {
    Map<String, Reason> reasons = new HashMap<>();
    for (Reason reason : Reason.values()) {
      if (!OUR_OWN.contains(reason)) {
        reasons.put(reason.name(), reason);
      }
    }
    return Map.copyOf(reasons);
  }
}
