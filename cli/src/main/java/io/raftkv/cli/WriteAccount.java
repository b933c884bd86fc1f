package io.raftkv.cli;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a command has sent that may change the store. Once there is something, no failure may claim
 * that certainly nothing happened, and a person who interrupts the command is told how far it is.
 *
 * <p>Thread-safe: the command writes it, the shutdown of the process reads it.
 */
final class WriteAccount {
  private volatile @Nullable Supplier<String> text;
  private volatile boolean isClosed;

  /**
   * To be called before the first write leaves, and again when more is known.
   *
   * @param newText how far it is; called on any thread, and never waits
   */
  void open(Supplier<String> newText) {
    text = newText;
  }

  /** The command has ended, and has said what there is to say. */
  void close() {
    isClosed = true;
  }

  boolean hasSent() {
    return text != null;
  }

  /** The exit code of a failure that would be {@code otherwise} if nothing had been sent. */
  int exitCode(int otherwise) {
    return hasSent() ? ExitCode.OUTCOME_UNKNOWN : otherwise;
  }

  /** {@code message} and, if something was sent, how far it is. */
  String with(String message) {
    Supplier<String> known = text;
    return known == null ? message : message + "; " + known.get();
  }

  /** What to tell a person who interrupts the command; null: nothing. */
  @Nullable String interruption() {
    return isClosed || !hasSent() ? null : with("interrupted");
  }
}
