package io.raftkv.e2e.run;

import java.util.OptionalLong;

/** A client of which every write has to be applied once. Thread-safe. */
interface Appender {
  /**
   * Writes, however often it has to be sent.
   *
   * @param ifRevision if present, only if the key was last written at this revision; 0: if it does
   *     not exist
   * @return the revision of the write
   * @throws IllegalStateException if it was refused, which is wrong here
   */
  long put(String key, String value, OptionalLong ifRevision);
}
