package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a read may see. Immutable.
 *
 * @param consistency the promise; {@link Consistency#LINEARIZABLE} by default
 * @param minRevision the member first waits until it has applied this revision, so that a caller
 *     reads its own writes; 0: no wait
 * @param maxStaleness with {@link Consistency#BOUNDED}, and only there: how long ago the member may
 *     last have heard from a leader
 * @param atRevision reads the store as it was at this revision; 0: as it is now
 */
public record ReadOptions(
    Consistency consistency, long minRevision, @Nullable Duration maxStaleness, long atRevision) {
  public static final ReadOptions DEFAULT = new ReadOptions(Consistency.LINEARIZABLE, 0, null, 0);

  public ReadOptions {
    Options.requireNotNegative("minRevision", minRevision);
    Options.requireNotNegative("atRevision", atRevision);
    Options.requirePositive("maxStaleness", maxStaleness);
    if ((consistency == Consistency.BOUNDED) != (maxStaleness != null)) {
      throw new IllegalArgumentException("maxStaleness goes with BOUNDED, and only with it");
    }
  }

  /** Whatever the asked member has. */
  public static ReadOptions local() {
    return DEFAULT.withConsistency(Consistency.LOCAL);
  }

  /** What the asked member has, once it has applied {@code minRevision}. */
  public static ReadOptions session(long minRevision) {
    return DEFAULT.withConsistency(Consistency.SESSION).withMinRevision(minRevision);
  }

  /** What the asked member has, if it heard from a leader not longer ago than this. */
  public static ReadOptions bounded(Duration maxStaleness) {
    return new ReadOptions(Consistency.BOUNDED, 0, maxStaleness, 0);
  }

  /** For any level but {@link Consistency#BOUNDED}, which {@link #bounded} makes. */
  public ReadOptions withConsistency(Consistency newConsistency) {
    Duration kept = newConsistency == Consistency.BOUNDED ? maxStaleness : null;
    return new ReadOptions(newConsistency, minRevision, kept, atRevision);
  }

  public ReadOptions withMinRevision(long newMinRevision) {
    return new ReadOptions(consistency, newMinRevision, maxStaleness, atRevision);
  }

  public ReadOptions withAtRevision(long newAtRevision) {
    return new ReadOptions(consistency, minRevision, maxStaleness, newAtRevision);
  }
}
