package io.raftkv.raft;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Places where a test lets the process end as kill -9 would, between one step and the next: {@code
 * -Dfailpoint=after-save} ends it the first time it gets there, {@code after-save@17} the 17th
 * time. Without that property all of this does nothing.
 */
public enum Failpoint {
  /** The log lane is about to write a batch. */
  BEFORE_SAVE,
  /** The batch is durable, and nobody was told. */
  AFTER_SAVE,
  /** Others were told that a batch is durable. */
  AFTER_ANSWER,
  /** Messages that wait for no disk are about to leave. */
  BEFORE_SEND,
  AFTER_SEND,
  /** Entries are committed, and the state machine does not know. */
  BEFORE_COMMIT,
  AFTER_COMMIT,
  /** The state machine is about to apply entries. */
  BEFORE_APPLY,
  /** They are applied, and no caller was told. */
  AFTER_APPLY,
  /** A snapshot is complete but for its name. */
  BEFORE_SNAPSHOT_RENAME,
  /** It has its name, which is not durable. */
  AFTER_SNAPSHOT_RENAME,
  /** A new file of the log is complete but for its name. */
  BEFORE_SEGMENT_RENAME,
  AFTER_SEGMENT_RENAME,
  /** Files of the log that a snapshot has replaced are about to be deleted. */
  BEFORE_LOG_CUT,
  /** The first of them is deleted. */
  AFTER_LOG_CUT;

  public static final String PROPERTY = "failpoint";

  /** How a process ends that got there. */
  public static final int EXIT_CODE = 86;

  private static final String WANTED = System.getProperty(PROPERTY, "");
  private static final @Nullable Failpoint ARMED = named(WANTED);
  private static final AtomicLong LEFT = new AtomicLong(times(WANTED));

  private static @Nullable Failpoint named(String wanted) {
    String name = wanted.replaceFirst("@\\d{1,9}$", "");
    return Arrays.stream(values())
        .filter(each -> each.text().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static long times(String wanted) {
    return wanted.matches(".*@\\d{1,9}") ? Long.parseLong(wanted.replaceFirst(".*@", "")) : 1;
  }

  /** What stands behind the property's equals sign. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Ends the process if it is to end here. */
  public void pass() {
    if (this == ARMED && LEFT.decrementAndGet() == 0) {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  /** What the property says; empty if there is none. */
  public static Optional<String> armed() {
    return ARMED == null ? Optional.empty() : Optional.of(WANTED);
  }

  /**
   * Refuses a property that names no place: a test must not pass because nothing failed.
   *
   * @throws IllegalArgumentException with one line
   */
  public static void check() {
    if (ARMED == null && !WANTED.isEmpty()) {
      throw new IllegalArgumentException(
          "-D"
              + PROPERTY
              + "="
              + WANTED
              + " is none of "
              + Arrays.stream(values()).map(Failpoint::text).collect(Collectors.joining(", ")));
    }
  }
}
