package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to write a key. Immutable.
 *
 * @param ifAbsent write only if the key does not exist; excludes {@code ifRevision}
 * @param ifRevision write only if this is the key's {@link KeyValue#modRevision()}; null: no
 *     condition
 * @param ttl the key is deleted this long after the write; null: it stays
 * @param attachTo the key is deleted when this session ends, see {@link SessionClient}; 0: it stays
 * @param returnPrevious whether {@link PutResult#previous()} is filled
 * @param timeout for the whole call; null: the client's
 */
public record PutOptions(
    boolean ifAbsent,
    @Nullable Long ifRevision,
    @Nullable Duration ttl,
    long attachTo,
    boolean returnPrevious,
    @Nullable Duration timeout) {
  public static final PutOptions DEFAULT = new PutOptions(false, null, null, 0, false, null);

  public PutOptions {
    if (ifAbsent && ifRevision != null) {
      throw new IllegalArgumentException("ifAbsent and ifRevision exclude each other");
    }
    Options.requireNotNegative("ifRevision", ifRevision);
    Options.requirePositive("ttl", ttl);
    Options.requirePositive("timeout", timeout);
  }

  /** Fails with {@link Reason#CONDITION_FAILED} if the key exists. */
  public PutOptions withIfAbsent() {
    return new PutOptions(true, ifRevision, ttl, attachTo, returnPrevious, timeout);
  }

  /** Fails with {@link Reason#CONDITION_FAILED} if the key was changed since this revision. */
  public PutOptions withIfRevision(long newIfRevision) {
    return new PutOptions(ifAbsent, newIfRevision, ttl, attachTo, returnPrevious, timeout);
  }

  public PutOptions withTtl(Duration newTtl) {
    return new PutOptions(ifAbsent, ifRevision, newTtl, attachTo, returnPrevious, timeout);
  }

  /**
   * Attaches the key to a session. Fails with {@link Reason#SESSION_EXPIRED} or {@link
   * Reason#SESSION_UNKNOWN} if that is not open.
   */
  public PutOptions withAttachTo(long sessionId) {
    return new PutOptions(ifAbsent, ifRevision, ttl, sessionId, returnPrevious, timeout);
  }

  public PutOptions withReturnPrevious() {
    return new PutOptions(ifAbsent, ifRevision, ttl, attachTo, true, timeout);
  }

  public PutOptions withTimeout(Duration newTimeout) {
    return new PutOptions(ifAbsent, ifRevision, ttl, attachTo, returnPrevious, newTimeout);
  }
}
