package io.raftkv.storage;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Bytes on disk that are not what was written, and not a write that a crash cut short either. The
 * message is one line: file, offset, what is wrong and what to do.
 */
public final class DamagedException extends UncheckedIOException {
  private static final long serialVersionUID = 1;

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
