package io.raftkv.client;

import java.util.List;

/**
 * A deletion that happened.
 *
 * @param deleted how many keys; 0 if none was there
 * @param previous what was deleted, in key order, if it was asked for
 */
public record DeleteResult(Header header, long deleted, List<KeyValue> previous) {
  public DeleteResult {
    previous = List.copyOf(previous);
  }
}
