package io.raftkv.kv;

/**
 * A session as it stands. Immutable.
 *
 * @param heardMillis cluster time of the last entry of its client, or of the begin of the term if
 *     that is later
 * @param firstOutstanding results of sequences below are forgotten
 * @param results how many are kept
 * @param resultBytes what they take
 */
record Session(
    long id,
    String name,
    long ttlMillis,
    long heardMillis,
    long firstOutstanding,
    int results,
    long resultBytes) {

  /** Cluster time from which it may be expired. */
  long expiryMillis() {
    return ttlMillis > Long.MAX_VALUE - heardMillis ? Long.MAX_VALUE : heardMillis + ttlMillis;
  }

  Session heardAt(long millis) {
    return new Session(id, name, ttlMillis, millis, firstOutstanding, results, resultBytes);
  }

  Session outstandingFrom(long first) {
    return new Session(id, name, ttlMillis, heardMillis, first, results, resultBytes);
  }

  Session withoutResults(int forgotten, long bytes) {
    return new Session(
        id,
        name,
        ttlMillis,
        heardMillis,
        firstOutstanding,
        results - forgotten,
        resultBytes - bytes);
  }

  Session withResult(long bytes) {
    return new Session(
        id, name, ttlMillis, heardMillis, firstOutstanding, results + 1, resultBytes + bytes);
  }
}
