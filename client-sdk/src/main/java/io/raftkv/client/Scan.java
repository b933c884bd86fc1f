package io.raftkv.client;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * All keys of a range, page after page. Nothing is read before it is iterated; each iterator is a
 * scan of its own and shows the store at one revision. The next page is fetched while this one is
 * used, so at most two pages are in memory.
 */
public interface Scan extends Iterable<KeyValue> {
  /** Starts a scan. */
  @Override
  Cursor iterator();

  /** Starts a scan. */
  default Stream<KeyValue> stream() {
    int traits = Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator(), traits), false);
  }

  /**
   * One scan under way. Blocks while a page is on its way; not thread-safe. {@link #hasNext} and
   * {@link #next} throw {@link KvException}, with {@link Reason#COMPACTED} if the revision was
   * compacted meanwhile.
   */
  interface Cursor extends Iterator<KeyValue> {
    /** The revision that the whole scan shows; reads the first page if need be. */
    long revision();
  }
}
