package io.raftkv.cli;

/** A command ends with this one line on standard error and this exit code. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CliException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  static CliException invalid(String message) {
    return new CliException(ExitCode.INVALID, message);
  }

  int exitCode() {
    return exitCode;
  }
}
