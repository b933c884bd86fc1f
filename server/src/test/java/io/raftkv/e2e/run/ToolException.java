package io.raftkv.e2e.run;

/** This machine lacks, or refuses, what a run needs of it. The message is one line. */
final class ToolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ToolException(String message) {
    super(message);
  }
}
