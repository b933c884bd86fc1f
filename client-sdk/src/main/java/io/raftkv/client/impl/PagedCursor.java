package io.raftkv.client.impl;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.RangeOptions;
import io.raftkv.client.RangePage;
import io.raftkv.client.Scan;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range page by page, one page ahead. The page token pins the revision of the first page.
 * Confined to the thread that iterates.
 */
final class PagedCursor implements Scan.Cursor {
  private final KvClient client;
  private final KeyRange keys;
  private final RangeOptions options;

  private @Nullable CompletableFuture<RangePage> coming;
  private List<KeyValue> page = List.of();
  private int position;
  private long given;
  private long revision = -1;

  PagedCursor(KvClient client, KeyRange keys, RangeOptions options) {
    this.client = client;
    this.keys = keys;
    this.options = options;
    coming = client.rangeAsync(keys, options);
  }

  @Override
  public long revision() {
    if (revision < 0) {
      turnPage();
    }
    return revision;
  }

  @Override
  public boolean hasNext() {
    if (isAtLimit()) {
      return false;
    }
    // A page may be empty and still have a successor.
    while (position == page.size() && coming != null) {
      turnPage();
    }
    return position < page.size();
  }

  @Override
  public KeyValue next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the scan is at its end");
    }
    given++;
    return page.get(position++);
  }

  private void turnPage() {
    CompletableFuture<RangePage> awaited = coming;
    if (awaited == null) {
      return;
    }
    RangePage next = Blocking.read(() -> awaited);
    if (revision < 0) {
      revision = next.header().revision();
    }
    page = next.kvs();
    position = 0;
    ByteSequence token = next.nextPageToken();
    boolean isEnough = options.limit() > 0 && given + page.size() >= options.limit();
    // The query stays the same from page to page, its limit included: the token belongs to it.
    coming =
        token.isEmpty() || isEnough ? null : client.rangeAsync(keys, options.withPageToken(token));
  }

  private boolean isAtLimit() {
    return options.limit() > 0 && given >= options.limit();
  }
}
