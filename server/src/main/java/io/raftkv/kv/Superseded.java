package io.raftkv.kv;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A write that left something behind it which a compaction to its revision will forget: the value
 * that it replaced, or the value that it deleted and its own tombstone.
 *
 * @param bytes what is forgotten then, with what it takes to keep it
 */
record Superseded(long revision, byte[] key, long bytes) {
  static final Comparator<Superseded> BY_REVISION = Comparator.comparingLong(Superseded::revision);

  /** Objects and references around one version; about what a JVM uses. */
  static final int VERSION_BYTES = 64;

  /** What this version of the key left behind; null if that is nothing. */
  static @Nullable Superseded by(byte[] key, Version version) {
    Version older = version.older;
    if (older == null || older.value == null) {
      // A tombstone behind it was counted when it was written.
      return null;
    }
    long bytes = VERSION_BYTES + older.value.length;
    if (version.isTombstone()) {
      bytes += VERSION_BYTES + key.length;
    }
    return new Superseded(version.modRevision, key, bytes);
  }
}
