package io.raftkv.transport;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** At most one line per subject and ten seconds: a stranger who knocks must not fill the disk. */
final class RateLimitedLog {
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** More subjects than members: the rest share one. */
  private static final int SUBJECTS_MAX = 64;

  private final Logger log;
  private final ConcurrentHashMap<String, Long> nextNanos = new ConcurrentHashMap<>();

  RateLimitedLog(Logger log) {
    this.log = log;
  }

  void warn(String subject, String format, Object... arguments) {
    log(Level.WARN, subject, format, arguments);
  }

  void info(String subject, String format, Object... arguments) {
    log(Level.INFO, subject, format, arguments);
  }

  private void log(Level level, String subject, String format, Object... arguments) {
    long now = System.nanoTime();
    String key = nextNanos.size() < SUBJECTS_MAX || nextNanos.containsKey(subject) ? subject : "";
    boolean[] isDue = new boolean[1];
    nextNanos.compute(
        key,
        (k, next) -> {
          isDue[0] = next == null || now - next >= 0;
          return isDue[0] || next == null ? Long.valueOf(now + INTERVAL_NANOS) : next;
        });
    if (isDue[0]) {
      log.atLevel(level).log(format, arguments);
    }
  }
}
