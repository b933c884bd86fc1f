package io.raftkv.storage;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Bytes on disk that are not what was written, or are gone, and no write that a crash cut short
 * either. The message is one line: file, offset and what is wrong. What to do is for the caller to
 * say: a member of a cluster is replaced by one that takes everything from the others; else only a
 * copy can mend it that was made after the member last ran. An older one has forgotten votes and
 * what was acknowledged since, and so has an empty folder.
 */
public final class DamagedException extends UncheckedIOException {
  private static final long serialVersionUID = 1;

  DamagedException(String file, long offset, String what) {
    this(file + " is damaged at offset " + offset + ": " + what);
  }

  private DamagedException(String message) {
    super(message, new IOException(message));
  }

  /** A part is missing: {@code where} has lost it. */
  static DamagedException lost(String where, String what) {
    return new DamagedException(where + " has lost " + what);
  }

  /** Parts that do not fit together; the message says which. */
  public static DamagedException of(String message) {
    return new DamagedException(message);
  }
}
