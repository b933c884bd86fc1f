package io.raftkv.kv;

/**
 * Limits of the state machine. All but the last decide what a command does, so they are part of the
 * format of the log: they must be the same on every member and at every replay. Production uses
 * {@link #DEFAULT} and offers no option to change it.
 *
 * @param deleteKeysMax a delete that would touch more keys changes nothing and answers too_many; no
 *     more keys can be attached to one session, whose end deletes them
 * @param previousBytesMax likewise, a delete that would have to return more bytes of keys and
 *     values
 * @param expireKeysMax keys that one expire command deletes at most, or about how many sessions,
 *     results and keys of theirs one such command ends; the next one goes on
 * @param compactVersionsMax a compact command ends early, with a revision as a whole, once it has
 *     forgotten so many versions; the next one goes on
 * @param compactBytesMax likewise, so many bytes of history
 * @param sessionsMax sessions open at a time; one more is not opened
 * @param sessionResultsMax results kept for one session; a write beyond changes nothing
 * @param sessionResultBytesMax likewise, about bytes of them
 * @param resultBytesMax likewise, about bytes of them for all sessions together
 * @param waitersMax readers that may wait for a revision at a time; not part of the format
 */
public record KvLimits(
    int deleteKeysMax,
    long previousBytesMax,
    int expireKeysMax,
    int compactVersionsMax,
    long compactBytesMax,
    int sessionsMax,
    int sessionResultsMax,
    long sessionResultBytesMax,
    long resultBytesMax,
    int waitersMax) {
  public static final KvLimits DEFAULT =
      new KvLimits(
          10_000, 3 << 20, 1_000, 10_000, 8 << 20, 10_000, 10_000, 8 << 20, 128 << 20, 10_000);

  public KvLimits {
    if (deleteKeysMax < 1
        || previousBytesMax < 1
        || expireKeysMax < 1
        || compactVersionsMax < 1
        || compactBytesMax < 1
        || sessionsMax < 1
        || sessionResultsMax < 1
        || sessionResultBytesMax < 1
        || resultBytesMax < 1
        || waitersMax < 0) {
      throw new IllegalArgumentException("limits below one");
    }
  }
}
