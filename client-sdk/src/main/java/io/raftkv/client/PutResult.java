package io.raftkv.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A write that happened.
 *
 * @param modRevision the revision this write created
 * @param previousOrNull what was there before, if it was asked for and existed
 */
public record PutResult(Header header, long modRevision, @Nullable KeyValue previousOrNull) {
  /** What was there before; empty if nothing was, or if it was not asked for. */
  public Optional<KeyValue> previous() {
    return Optional.ofNullable(previousOrNull);
  }
}
