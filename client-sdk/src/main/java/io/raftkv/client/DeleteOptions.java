package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to delete. Immutable.
 *
 * @param ifRevision delete only if this is the key's {@link KeyValue#modRevision()}; for a single
 *     key only; null: no condition
 * @param limit delete at most so many keys, in key order; 0: no limit of the caller, the server has
 *     one
 * @param returnPrevious whether {@link DeleteResult#previous()} is filled
 * @param timeout for the whole call; null: the client's
 */
public record DeleteOptions(
    @Nullable Long ifRevision, long limit, boolean returnPrevious, @Nullable Duration timeout) {
  public static final DeleteOptions DEFAULT = new DeleteOptions(null, 0, false, null);

  public DeleteOptions {
    Options.requireNotNegative("ifRevision", ifRevision);
    Options.requireNotNegative("limit", limit);
    Options.requirePositive("timeout", timeout);
  }

  /** Fails with {@link Reason#CONDITION_FAILED} if the key was changed since this revision. */
  public DeleteOptions withIfRevision(long newIfRevision) {
    return new DeleteOptions(newIfRevision, limit, returnPrevious, timeout);
  }

  public DeleteOptions withLimit(long newLimit) {
    return new DeleteOptions(ifRevision, newLimit, returnPrevious, timeout);
  }

  public DeleteOptions withReturnPrevious() {
    return new DeleteOptions(ifRevision, limit, true, timeout);
  }

  public DeleteOptions withTimeout(Duration newTimeout) {
    return new DeleteOptions(ifRevision, limit, returnPrevious, newTimeout);
  }
}
