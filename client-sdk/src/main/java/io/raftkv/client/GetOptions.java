package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to read a key. Immutable.
 *
 * @param read what the read may see
 * @param timeout for the whole call; null: the client's
 */
public record GetOptions(ReadOptions read, @Nullable Duration timeout) {
  public static final GetOptions DEFAULT = new GetOptions(ReadOptions.DEFAULT, null);

  public GetOptions {
    Options.requirePositive("timeout", timeout);
  }

  public GetOptions withRead(ReadOptions newRead) {
    return new GetOptions(newRead, timeout);
  }

  /** See {@link ReadOptions#withConsistency}. */
  public GetOptions withConsistency(Consistency consistency) {
    return withRead(read.withConsistency(consistency));
  }

  public GetOptions withMinRevision(long minRevision) {
    return withRead(read.withMinRevision(minRevision));
  }

  public GetOptions withAtRevision(long atRevision) {
    return withRead(read.withAtRevision(atRevision));
  }

  public GetOptions withTimeout(Duration newTimeout) {
    return new GetOptions(read, newTimeout);
  }
}
