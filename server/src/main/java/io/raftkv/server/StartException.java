package io.raftkv.server;

import java.io.IOException;

/** Why a member does not start: one line for people, and the exit code. */
final class StartException extends Exception {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;

  StartException(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  StartException(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  static StartException wrong(String message) {
    return new StartException(ExitCode.WRONG_CONFIGURATION, message);
  }

  /** The address cannot be bound: it is taken, or not one of this machine. */
  static StartException cannotListen(Setting setting, IOException cause) {
    return new StartException(
        ExitCode.WRONG_CONFIGURATION, setting.flag() + ": " + Failures.describe(cause), cause);
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
