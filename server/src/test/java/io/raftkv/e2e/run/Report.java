package io.raftkv.e2e.run;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a run prints: figures, and checks that hold or not. Thread-safe. */
final class Report {
  private final PrintWriter out;
  private final List<String> failures = new ArrayList<>();

  Report(PrintWriter out) {
    this.out = out;
  }

  synchronized void title(String text) {
    out.println(text);
    out.printf(
        "%d processors, Java %s, seen %s%n",
        Runtime.getRuntime().availableProcessors(),
        Runtime.version(),
        java.time.Instant.now().truncatedTo(java.time.temporal.ChronoUnit.SECONDS));
    out.flush();
  }

  /** What is going on, for whoever waits. */
  synchronized void progress(String format, Object... values) {
    out.printf(Locale.ROOT, "  .. " + format + "%n", values);
    out.flush();
  }

  synchronized void figure(String name, String format, Object... values) {
    out.printf("%-38s %s%n", name, String.format(Locale.ROOT, format, values));
    out.flush();
  }

  /** One line of a table. */
  synchronized void row(String name, String text) {
    out.printf("  %-50s %s%n", name, text);
    out.flush();
  }

  synchronized void check(String name, boolean holds, String otherwise) {
    if (!holds) {
      failures.add(name);
    }
    out.printf("%-38s %s%n", name, holds ? "yes" : "NO: " + otherwise);
    out.flush();
  }

  synchronized void failed(Throwable cause) {
    failures.add(cause.toString());
    cause.printStackTrace(out);
    out.flush();
  }

  synchronized boolean isGood() {
    return failures.isEmpty();
  }

  /** Whether every check held. */
  synchronized boolean finish() {
    out.println(isGood() ? "PASSED" : "FAILED, does not hold: " + String.join("; ", failures));
    out.flush();
    return isGood();
  }
}
