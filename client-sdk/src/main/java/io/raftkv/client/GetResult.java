package io.raftkv.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@link KvClient#get get} found.
 *
 * @param kvOrNull null if there is no such key
 */
public record GetResult(Header header, @Nullable KeyValue kvOrNull) {
  /** Whether the key exists. */
  public boolean isPresent() {
    return kvOrNull != null;
  }

  /** The key with its value and revisions; empty if there is no such key. */
  public Optional<KeyValue> kv() {
    return Optional.ofNullable(kvOrNull);
  }

  /** The value; empty if there is no such key. */
  public Optional<ByteSequence> value() {
    return kv().map(KeyValue::value);
  }
}
