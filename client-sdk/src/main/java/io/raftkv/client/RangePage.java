package io.raftkv.client;

import java.util.List;

/**
 * A page of a range.
 *
 * @param kvs in the order asked for
 * @param nextPageToken for {@link RangeOptions#withPageToken}; empty on the last page. It pins the
 *     revision: the pages together show the store at one moment
 */
public record RangePage(Header header, List<KeyValue> kvs, ByteSequence nextPageToken) {
  public RangePage {
    kvs = List.copyOf(kvs);
  }

  /** Whether there is another page. */
  public boolean hasNext() {
    return !nextPageToken.isEmpty();
  }
}
