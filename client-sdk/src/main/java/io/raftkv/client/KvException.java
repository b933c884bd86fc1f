package io.raftkv.client;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed: why, where, and whether it may have changed the store.
 *
 * <p>The message is one line: what, where, what to do. Immutable and thread-safe.
 */
public final class KvException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final Outcome outcome;
  private final transient @Nullable Endpoint endpoint;
  private final transient Map<String, String> metadata;

  /**
   * For the client itself, and for tests of code that uses it.
   *
   * @param message one line; line breaks and control characters in it are replaced
   * @param endpoint the member that was asked last, if any was
   * @param metadata what the server said beside the reason
   */
  public KvException(
      Reason reason,
      Outcome outcome,
      String message,
      @Nullable Endpoint endpoint,
      Map<String, String> metadata,
      @Nullable Throwable cause) {
    super(oneLine(message), cause);
    this.reason = reason;
    this.outcome = outcome;
    this.endpoint = endpoint;
    this.metadata = Map.copyOf(metadata);
  }

  /** Why it failed. */
  public Reason reason() {
    return reason;
  }

  /** Whether it may have changed the store. */
  public Outcome outcome() {
    return outcome;
  }

  /** Whether a write may have happened, or may happen yet. */
  public boolean isOutcomeUnknown() {
    return outcome == Outcome.UNKNOWN;
  }

  /** The member that was asked last; empty if none was. */
  public Optional<Endpoint> endpoint() {
    return Optional.ofNullable(endpoint);
  }

  /** What the server said beside the reason, by its names; unmodifiable. */
  public Map<String, String> metadata() {
    return metadata == null ? Map.of() : metadata;
  }

  /** With {@link Reason#CONDITION_FAILED}: the key's current revision, 0 if it does not exist. */
  public OptionalLong modRevision() {
    return number("mod_revision");
  }

  /** With {@link Reason#COMPACTED} and {@link Reason#FUTURE_REVISION}: where to start again. */
  public OptionalLong revision() {
    return number("revision");
  }

  /** With an invalid request: the field that is wrong. */
  public Optional<String> field() {
    return Optional.ofNullable(metadata().get("field"));
  }

  private OptionalLong number(String name) {
    String text = metadata().get(name);
    try {
      return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
  }
}
