package io.raftkv.storage;

import org.jspecify.annotations.Nullable;

/** A data directory that cannot be used. The message is one line that names the cause. */
public final class DataDirException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DataDirException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
