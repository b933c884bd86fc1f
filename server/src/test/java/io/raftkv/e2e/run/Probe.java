package io.raftkv.e2e.run;

import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** What one client sees that puts and gets by turns: counted, not recorded. Used by one thread. */
final class Probe {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final KvClient client;
  private long puts;
  private long gets;
  private long getsFailed;
  private long doubtful;
  private final Map<Reason, Long> putsRefused = new TreeMap<>();

  Probe(KvClient client) {
    this.client = client;
  }

  /** Puts and gets once. */
  void once() throws InterruptedException {
    try {
      client.put("probe", "value");
      puts++;
    } catch (KvException e) {
      putsRefused.merge(e.reason(), 1L, Long::sum);
      if (e.reason() == Reason.DISK_FULL && e.outcome() != Outcome.NOT_APPLIED) {
        doubtful++;
      }
    }
    try {
      client.get("probe");
      gets++;
    } catch (KvException e) {
      getsFailed++;
    }
    Run.pause(PAUSE);
  }

  /** For so long. */
  void during(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      once();
    }
  }

  /** Puts that were answered. */
  long puts() {
    return puts;
  }

  long refused(Reason reason) {
    return putsRefused.getOrDefault(reason, 0L);
  }

  /** Prints what it saw, and checks that reads went on and refusals were sure. */
  void judge(String what, Report report) {
    report.figure(what, "%d puts, refused %s; %d gets", puts, putsRefused, gets);
    report.check("  reads go on", getsFailed == 0, getsFailed + " gets failed");
    report.check(
        "  DISK_FULL is certainly not applied", doubtful == 0, doubtful + " are not certain");
  }
}
