package io.raftkv.cli;

import io.raftkv.client.KvException;
import io.raftkv.client.Reason;
import java.util.function.Supplier;

/** A session as people name it on the command line. */
final class SessionArgument {
  private SessionArgument() {}

  /**
   * Its id.
   *
   * @throws CliException if it is no number
   */
  static long id(String text) {
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw CliException.invalid("\"" + text + "\" is no id of a session, which is a number");
    }
  }

  /** Does something with a session that need not be there: to whoever named it, it is not found. */
  static <T> T find(String id, Supplier<T> use) {
    try {
      return use.get();
    } catch (KvException e) {
      if (e.reason() == Reason.SESSION_EXPIRED) {
        throw new CliException(ExitCode.NOT_FOUND, "session " + id + " has expired or was closed");
      }
      if (e.reason() == Reason.SESSION_UNKNOWN) {
        throw new CliException(ExitCode.NOT_FOUND, "no session " + id + " was ever opened");
      }
      throw e;
    }
  }
}
