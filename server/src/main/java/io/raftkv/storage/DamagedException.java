package io.raftkv.storage;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Bytes on disk that are not what was written, and not a write that a crash cut short either. The
 * message is one line: file, offset, what is wrong and what to do.
 */
public final class DamagedException extends UncheckedIOException {
  private static final long serialVersionUID = 1;

  /**
   * What to do about damage that only a copy can mend. An older copy has forgotten votes and what
   * was acknowledged since. So has an empty folder: the name of a member decides its id, and it
   * would vote again as if it never had.
   */
  static final String RESTORE =
      "restore the data directory from a copy made after the member last ran,"
          + " or leave the member stopped";

  private final String file;
  private final long offset;

  DamagedException(String file, long offset, String what, String remedy) {
    this(file, offset, file + " is damaged at offset " + offset + ": " + what + "; " + remedy);
  }

  private DamagedException(String file, long offset, String message) {
    super(message, new IOException(message));
    this.file = file;
    this.offset = offset;
  }

  public String file() {
    return file;
  }

  public long offset() {
    return offset;
  }
}
