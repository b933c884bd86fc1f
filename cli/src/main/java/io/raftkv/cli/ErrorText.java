package io.raftkv.cli;

import io.raftkv.client.KvException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/** Failures in words for a person. */
final class ErrorText {
  private ErrorText() {}

  /** The one line of a failed call: why, and what became of the write. */
  static String of(KvException e) {
    String message = String.valueOf(e.getMessage());
    String reason = message.contains(e.reason().name()) ? "" : e.reason() + ": ";
    return switch (e.outcome()) {
      case READ -> reason + message;
      case NOT_APPLIED -> reason + withNote(message, "not applied");
      case UNKNOWN -> reason + withNote(message, "outcome unknown");
    };
  }

  private static String withNote(String message, String note) {
    return message.contains(note) ? message : message + " (" + note + ")";
  }

  /** The one line of a file that cannot be read or written. */
  static String of(IOException e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file";
    }
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (e instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason().toLowerCase(Locale.ROOT);
    }
    return String.valueOf(e.getMessage());
  }

  /** What stands behind it, in its own words. */
  static String cause(Throwable e) {
    Throwable cause = e.getCause();
    return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
  }
}
