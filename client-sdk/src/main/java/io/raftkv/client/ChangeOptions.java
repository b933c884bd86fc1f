package io.raftkv.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to change the members. Immutable.
 *
 * @param configRevision change them only if this is {@link MembersResult#configRevision()}; 0:
 *     whatever it is
 * @param dryRun only tell what would come of it
 * @param timeout for the whole call; null: the client's
 */
public record ChangeOptions(long configRevision, boolean dryRun, @Nullable Duration timeout) {
  public static final ChangeOptions DEFAULT = new ChangeOptions(0, false, null);

  public ChangeOptions {
    Options.requireNotNegative("configRevision", configRevision);
    Options.requirePositive("timeout", timeout);
  }

  /** Fails with {@link Reason#CONFIG_CONFLICT} if the members have changed since. */
  public ChangeOptions withConfigRevision(long newConfigRevision) {
    return new ChangeOptions(newConfigRevision, dryRun, timeout);
  }

  public ChangeOptions withDryRun() {
    return new ChangeOptions(configRevision, true, timeout);
  }

  public ChangeOptions withTimeout(Duration newTimeout) {
    return new ChangeOptions(configRevision, dryRun, newTimeout);
  }
}
