package io.raftkv.check;

import org.jspecify.annotations.Nullable;

/**
 * One request of a client and what came of it. Times are nanoseconds of one clock that all clients
 * share. Written by {@link History} alone.
 */
public final class Operation {
  /** What was asked. */
  public enum Kind {
    GET,
    PUT,
    /** Put if the key's mod_revision is the expected one; 0: if the key is absent. */
    PUT_IF,
    DELETE
  }

  /** What the client knows of it. */
  public enum Outcome {
    /** Answered. */
    OK,
    /** Refused: certainly without effect. */
    REFUSED,
    /** No answer yet, or one that tells nothing: may take effect at any later time. */
    UNKNOWN
  }

  /** A revision that was not told. */
  public static final long NO_REVISION = -1;

  /** The response time of what was never answered. */
  public static final long NEVER = Long.MAX_VALUE;

  final int id;
  final int client;
  final Kind kind;
  final String key;

  /** What a put writes: unique in the history. */
  final @Nullable String value;

  final long expectedRevision;
  final long invokeNanos;

  Outcome outcome = Outcome.UNKNOWN;
  long responseNanos = NEVER;

  /** Get: the key exists. Put and put-if: it was written. Delete: there was something to delete. */
  boolean isEffective;

  /** Get: the value that was read. */
  @Nullable String readValue;

  /**
   * Get: mod_revision of what was read. Put-if whose condition failed: mod_revision of what stands
   * there, 0 if nothing.
   */
  long modRevision = NO_REVISION;

  /** Revision of the store that the answer shows: for what wrote, the revision that it made. */
  long revision = NO_REVISION;

  Operation(
      int id,
      int client,
      Kind kind,
      String key,
      @Nullable String value,
      long expectedRevision,
      long invokeNanos) {
    this.id = id;
    this.client = client;
    this.kind = kind;
    this.key = key;
    this.value = value;
    this.expectedRevision = expectedRevision;
    this.invokeNanos = invokeNanos;
  }

  public Kind kind() {
    return kind;
  }

  public String key() {
    return key;
  }

  /** What a put writes. */
  public @Nullable String value() {
    return value;
  }

  /** Of a put-if. */
  public long expectedRevision() {
    return expectedRevision;
  }

  public Outcome outcome() {
    return outcome;
  }

  boolean isPut() {
    return kind == Kind.PUT || kind == Kind.PUT_IF;
  }

  /** Whether it changed the store for certain. */
  boolean isWrite() {
    return outcome == Outcome.OK && kind != Kind.GET && isEffective;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append('#').append(id).append(" client ").append(client).append(' ').append(kind);
    text.append(' ').append(key);
    if (value != null) {
      text.append('=').append(value);
    }
    if (kind == Kind.PUT_IF) {
      text.append(" if revision ").append(expectedRevision);
    }
    text.append(String.format(" [%.6f, ", invokeNanos / 1e9));
    text.append(responseNanos == NEVER ? "-" : String.format("%.6f", responseNanos / 1e9));
    text.append("] ").append(outcome);
    if (outcome == Outcome.OK) {
      if (kind == Kind.GET) {
        text.append(isEffective ? " read " + readValue + "@" + modRevision : " absent");
      } else {
        text.append(isEffective ? " done" : " no effect");
        text.append(modRevision == NO_REVISION ? "" : " on what is @" + modRevision);
      }
      text.append(" revision ").append(revision);
    }
    return text.toString();
  }
}
