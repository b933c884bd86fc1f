package io.raftkv.server;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a member does not start: one line for people, and the exit code. If its data is damaged the
 * line says what to do about it, and the damage is told by itself too.
 */
final class StartException extends Exception {
  private static final long serialVersionUID = 1;

  /** What is left where the cluster cannot help. */
  private static final String RESTORE =
      "restore the data directory from a copy made after the member last ran, or leave the member"
          + " stopped";

  private final ExitCode exitCode;
  private final @Nullable String damage;

  StartException(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
    damage = null;
  }

  StartException(ExitCode exitCode, String message, Throwable cause) {
    this(exitCode, message, null, cause);
  }

  private StartException(
      ExitCode exitCode, String message, @Nullable String damage, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.damage = damage;
  }

  static StartException wrong(String message) {
    return new StartException(ExitCode.WRONG_CONFIGURATION, message);
  }

  /** The address cannot be bound: it is taken, or not one of this machine. */
  static StartException cannotListen(Setting setting, IOException cause) {
    return new StartException(
        ExitCode.WRONG_CONFIGURATION, setting.flag() + ": " + Failures.describe(cause), cause);
  }

  /**
   * The data of the member is damaged: not foreign, nor of another version, nor in use.
   *
   * @param damage what and where
   */
  static StartException damaged(String damage, Throwable cause) {
    return new StartException(ExitCode.DATA_DIR, damage + "; " + RESTORE, damage, cause);
  }

  /**
   * The same damage, which the cluster did not mend.
   *
   * @param why it did not
   * @param remedy what else to do about that
   */
  StartException notRepaired(String why, String remedy) {
    return new StartException(
        exitCode, damage + "; not repaired: " + why + "; " + remedy + ", " + RESTORE, damage, this);
  }

  /** What is damaged and how; empty if something else is wrong. */
  Optional<String> damage() {
    return Optional.ofNullable(damage);
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
