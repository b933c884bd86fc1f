package io.raftkv.cli;

import java.io.IOException;

/** Standard output cannot be written. */
final class OutputFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean isClosedByReader;

  OutputFailedException(IOException cause) {
    super(cause);
    String message = String.valueOf(cause.getMessage());
    isClosedByReader = message.contains("Broken pipe") || message.contains("Pipe closed");
  }

  /** The reader has seen enough ({@code kvctl scan | head}), which is no error. */
  boolean isClosedByReader() {
    return isClosedByReader;
  }
}
