package io.raftkv.server;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Puts failures into words for one line. */
final class Failures {
  private Failures() {}

  static String describe(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof UncheckedIOException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof NoSuchFileException e) {
      return e.getFile() + " does not exist";
    } else if (cause instanceof AccessDeniedException e) {
      return e.getFile() + ": permission denied";
    } else if (cause instanceof NotDirectoryException e) {
      return e.getFile() + " is not a directory";
    } else if (cause instanceof FileAlreadyExistsException e) {
      return e.getFile() + " exists and is not a directory";
    }
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
  }
}
