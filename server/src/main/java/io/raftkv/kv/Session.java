package io.raftkv.kv;

/**
 * A session as it stands. Immutable.
 *
 * @param heardMillis cluster time of the last entry of its client, or of the begin of the term if
 *     that is later
 * @param firstOutstanding results of sequences below are forgotten
 * @param results those kept
 * @param keys how many are attached to it
 */
record Session(
    long id,
    String name,
    long ttlMillis,
    long heardMillis,
    long firstOutstanding,
    SessionResults results,
    int keys) {

  /** Cluster time from which it may be expired. */
  long expiryMillis() {
    return ttlMillis > Long.MAX_VALUE - heardMillis ? Long.MAX_VALUE : heardMillis + ttlMillis;
  }

  /** It has its whole time to live again. */
  Session heardAt(long millis) {
    return new Session(id, name, ttlMillis, millis, firstOutstanding, results, keys);
  }

  /** Heard anew, and the client has the results below; what it said before holds, too. */
  Session heardAt(long millis, long first) {
    if (first <= firstOutstanding) {
      return millis == heardMillis ? this : heardAt(millis);
    }
    return new Session(id, name, ttlMillis, millis, first, results.from(first), keys);
  }

  Session withResults(SessionResults kept) {
    return new Session(id, name, ttlMillis, heardMillis, firstOutstanding, kept, keys);
  }

  Session withKeys(int count) {
    return new Session(id, name, ttlMillis, heardMillis, firstOutstanding, results, count);
  }
}
