package io.raftkv.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KeyVersion;
import io.raftkv.kv.KvView;
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.RangeResponse;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Fills one page of a range, bounded in keys and in bytes. Used by one thread, once. */
final class Pages {
  private final PageTokens.Query query;
  private final int keysMax;
  private final int bytesMax;
  private final RangeResponse.Builder page = RangeResponse.newBuilder();
  private long bytes;
  private byte @Nullable [] nextKey;

  Pages(PageTokens.Query query, int keysMax, int bytesMax) {
    this.query = query;
    this.keysMax = keysMax;
    this.bytesMax = bytesMax;
  }

  /**
   * The page without its header.
   *
   * @param from the first key of the page; null for the first page
   */
  RangeResponse.Builder fill(
      KvView view, long revision, byte @Nullable [] from, PageTokens tokens) {
    view.scan(rangeFrom(from), revision, query.isReverse(), this::take);
    page.setCount(page.getKvsCount());
    if (nextKey != null) {
      page.setNextPageToken(tokens.encode(query, new PageTokens.Place(revision, nextKey)));
    }
    return page;
  }

  private KeyRange rangeFrom(byte @Nullable [] from) {
    KeyRange range = query.range();
    if (from == null) {
      return range;
    }
    if (query.isReverse()) {
      // Includes the key: the next one in order has a zero byte behind it.
      return KeyRange.of(range.start(), Arrays.copyOf(from, from.length + 1));
    }
    return KeyRange.of(from, range.endExclusiveOrNull());
  }

  /** Takes a key unless the page is full, which is known only when one more key turns up. */
  private boolean take(KeyVersion key) {
    long size = key.key().length + (query.isKeysOnly() ? 0L : key.value().length);
    int taken = page.getKvsCount();
    if (taken == keysMax || (taken > 0 && bytes + size > bytesMax)) {
      nextKey = key.key();
      return false;
    }
    bytes += size;
    page.addKvs(keyValue(key, query.isKeysOnly()));
    return true;
  }

  /** The key on the wire, sharing the arrays of the store, which never change. */
  static KeyValue keyValue(KeyVersion key, boolean isKeyOnly) {
    return KeyValue.newBuilder()
        .setKey(UnsafeByteOperations.unsafeWrap(key.key()))
        .setValue(isKeyOnly ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(key.value()))
        .setCreateRevision(key.createRevision())
        .setModRevision(key.modRevision())
        .setVersion(key.version())
        .setSessionId(key.sessionId())
        .build();
  }
}
