package io.raftkv.service;

import io.raftkv.proto.v1.Reason;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that is not carried out, or whose outcome is not known. A result rather than a fault:
 * it has no stack trace. Messages never repeat bytes of a request.
 */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Reason reason;
  private final @Nullable Outcome outcome;
  private final transient Map<String, String> metadata;

  private Refusal(
      Reason reason, @Nullable Outcome outcome, Map<String, String> metadata, String message) {
    super(message, null, false, false);
    this.reason = reason;
    this.outcome = outcome;
    this.metadata = Map.copyOf(metadata);
  }

  /** With the outcome that the error table has for the reason. */
  static Refusal of(Reason reason, String message) {
    return new Refusal(reason, null, Map.of(), message);
  }

  /** With an outcome that the caller knows better than the table. */
  static Refusal of(Reason reason, Outcome outcome, String message) {
    return new Refusal(reason, outcome, Map.of(), message);
  }

  /** A bad input; the message names the field, too. */
  static Refusal field(Reason reason, String field, String message) {
    return new Refusal(reason, null, Map.of("field", field), field + ": " + message);
  }

  /** A bad input of which the caller knows the outcome better than the table. */
  static Refusal field(Reason reason, Outcome outcome, String field, String message) {
    return new Refusal(reason, outcome, Map.of("field", field), field + ": " + message);
  }

  /** With a number in the metadata. */
  static Refusal with(Reason reason, String name, long value, String message) {
    return new Refusal(reason, null, Map.of(name, Long.toString(value)), message);
  }

  Reason reason() {
    return reason;
  }

  Outcome outcomeOr(Outcome other) {
    return outcome == null ? other : outcome;
  }

  Map<String, String> metadata() {
    return metadata;
  }
}
