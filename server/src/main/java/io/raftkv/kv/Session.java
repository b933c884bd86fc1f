package io.raftkv.kv;

/**
 * A session as it stands. Immutable.
 *
 * @param heardMillis cluster time of the last entry of its client, or of the begin of the term if
 *     that is later
 * @param firstOutstanding results of sequences below are forgotten
 * @param results how many are kept
 * @param resultBytes what they take
 * @param keys how many are attached to it
 */
record Session(
    long id,
    String name,
    long ttlMillis,
    long heardMillis,
    long firstOutstanding,
    int results,
    long resultBytes,
    int keys) {

  /** Cluster time from which it may be expired. */
  long expiryMillis() {
    return ttlMillis > Long.MAX_VALUE - heardMillis ? Long.MAX_VALUE : heardMillis + ttlMillis;
  }

  Session heardAt(long millis) {
    return new Session(id, name, ttlMillis, millis, firstOutstanding, results, resultBytes, keys);
  }

  Session outstandingFrom(long first) {
    return new Session(id, name, ttlMillis, heardMillis, first, results, resultBytes, keys);
  }

  Session withoutResults(int forgotten, long bytes) {
    return withResults(results - forgotten, resultBytes - bytes);
  }

  Session withResult(long bytes) {
    return withResults(results + 1, resultBytes + bytes);
  }

  private Session withResults(int count, long bytes) {
    return new Session(id, name, ttlMillis, heardMillis, firstOutstanding, count, bytes, keys);
  }

  Session withKeys(int count) {
    return new Session(
        id, name, ttlMillis, heardMillis, firstOutstanding, results, resultBytes, count);
  }
}
