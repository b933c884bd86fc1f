package io.raftkv.storage;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A data directory that cannot be used. The message is one line that names the cause. */
public final class DataDirException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DataDirException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  static DataDirException of(Path folder, String cause) {
    return new DataDirException("data directory " + folder + " " + cause, null);
  }

  static DataDirException of(Path folder, Exception failure) {
    Throwable cause =
        failure instanceof UncheckedIOException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new DataDirException(
        "data directory " + folder + " cannot be used: " + cause.toString().replace('\n', ' '),
        failure);
  }

  /** Whole, but not of this member, or of another version of this program. */
  static DataDirException foreign(String file, String what, String remedy) {
    return new DataDirException(file + " is " + what + "; " + remedy, null);
  }
}
