package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to read a range. Immutable.
 *
 * @param limit of {@link KvClient#range range}, the keys in the page; of {@link KvClient#scan
 *     scan}, the keys in all; 0: no limit of the caller, though the server limits a page
 * @param pageToken {@link RangePage#nextPageToken()} of the page before, of the same query; empty:
 *     the first page
 * @param reverse from the highest key down
 * @param keysOnly leave the values out
 * @param read what the read may see
 * @param timeout for each page; null: the client's
 */
public record RangeOptions(
    long limit,
    ByteSequence pageToken,
    boolean reverse,
    boolean keysOnly,
    ReadOptions read,
    @Nullable Duration timeout) {
  public static final RangeOptions DEFAULT =
      new RangeOptions(0, ByteSequence.EMPTY, false, false, ReadOptions.DEFAULT, null);

  public RangeOptions {
    Options.requireNotNegative("limit", limit);
    Options.requirePositive("timeout", timeout);
  }

  public RangeOptions withLimit(long newLimit) {
    return new RangeOptions(newLimit, pageToken, reverse, keysOnly, read, timeout);
  }

  public RangeOptions withPageToken(ByteSequence newPageToken) {
    return new RangeOptions(limit, newPageToken, reverse, keysOnly, read, timeout);
  }

  public RangeOptions withReverse() {
    return new RangeOptions(limit, pageToken, true, keysOnly, read, timeout);
  }

  public RangeOptions withKeysOnly() {
    return new RangeOptions(limit, pageToken, reverse, true, read, timeout);
  }

  public RangeOptions withRead(ReadOptions newRead) {
    return new RangeOptions(limit, pageToken, reverse, keysOnly, newRead, timeout);
  }

  /** See {@link ReadOptions#withConsistency}. */
  public RangeOptions withConsistency(Consistency consistency) {
    return withRead(read.withConsistency(consistency));
  }

  public RangeOptions withAtRevision(long atRevision) {
    return withRead(read.withAtRevision(atRevision));
  }

  public RangeOptions withTimeout(Duration newTimeout) {
    return new RangeOptions(limit, pageToken, reverse, keysOnly, read, newTimeout);
  }
}
