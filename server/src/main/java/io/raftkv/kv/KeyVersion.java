package io.raftkv.kv;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A key as it stands, or stood, at some revision. The arrays are those of the store and must not be
 * changed.
 *
 * @param createRevision revision of the write that created the key, since it last did not exist
 * @param modRevision revision of the write that made this value
 * @param version 1 for the write that created the key, one more with each later write
 * @param sessionId the session that the key is attached to; 0: none
 */
public record KeyVersion(
    byte[] key, byte[] value, long createRevision, long modRevision, long version, long sessionId) {
  @Override
  public boolean equals(Object other) {
    return other instanceof KeyVersion that
        && createRevision == that.createRevision
        && modRevision == that.modRevision
        && version == that.version
        && sessionId == that.sessionId
        && Arrays.equals(key, that.key)
        && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(key) + Long.hashCode(modRevision);
  }

  @Override
  public String toString() {
    return new String(key, StandardCharsets.ISO_8859_1)
        + "@"
        + modRevision
        + " v"
        + version
        + " since "
        + createRevision
        + " "
        + value.length
        + "B";
  }
}
