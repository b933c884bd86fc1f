package io.raftkv.e2e.run;

import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.Scan;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes of which each has to count once, and the verdict. Two kinds in turn:
 *
 * <ul>
 *   <li>to a counter that all workers share, without a condition: its version is the number of
 *       writes that were applied to it;
 *   <li>to a list of the worker's own, longer by one element, on condition that the list is as the
 *       worker's last write left it: a write that was applied twice, or not at all, makes the next
 *       one fail.
 * </ul>
 *
 * <p>Nothing else writes, so that the revision of the store is the number of all writes. {@link
 * #append} is for one thread per worker.
 */
final class Appends {
  private static final int COUNTERS = 16;
  private static final int LIST_LENGTH = 100;
  private static final int NAMED_MAX = 5;

  /** The list that a worker is at. */
  private static final class Own {
    final List<String> complete = new ArrayList<>();
    String list = "";
    long revision;
    long elements;
  }

  private final List<Own> workers = new ArrayList<>();
  private final AtomicIntegerArray counts = new AtomicIntegerArray(COUNTERS);
  private final AtomicLong acknowledged = new AtomicLong();

  /** By the revision that a write was told. Guarded by itself. */
  private final BitSet told = new BitSet();

  private final AtomicLong toldTwice = new AtomicLong();

  Appends(int workers) {
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Own());
    }
  }

  /** Appends that were answered. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** The next one of a worker. */
  void append(int worker, long round, Appender appender) {
    long revision = round % 2 == 0 ? count(worker, round, appender) : extend(worker, appender);
    synchronized (told) {
      if (told.get(Math.toIntExact(revision))) {
        toldTwice.incrementAndGet();
      }
      told.set(Math.toIntExact(revision));
    }
    acknowledged.incrementAndGet();
  }

  private long count(int worker, long round, Appender appender) {
    int counter = (int) ((worker + round / 2) % COUNTERS);
    long revision = appender.put(counter(counter), worker + "/" + round, OptionalLong.empty());
    counts.incrementAndGet(counter);
    return revision;
  }

  private long extend(int worker, Appender appender) {
    Own own = workers.get(worker);
    String longer = own.list.isEmpty() ? "" + own.elements : own.list + "," + own.elements;
    String key = list(worker, own.complete.size());
    long revision = appender.put(key, longer, OptionalLong.of(own.revision));
    own.elements++;
    boolean isComplete = own.elements % LIST_LENGTH == 0;
    if (isComplete) {
      own.complete.add(longer);
    }
    own.list = isComplete ? "" : longer;
    own.revision = isComplete ? 0 : revision;
    return revision;
  }

  private static String counter(int number) {
    return "counter/" + number;
  }

  private static String list(int worker, int number) {
    return "list/" + worker + "/" + number;
  }

  /** Reads everything, and judges. When nobody writes any more. */
  void check(KvClient client, Report report) {
    Map<String, KeyValue> found = new HashMap<>();
    Scan.Cursor cursor = client.scan(KeyRange.all()).iterator();
    cursor.forEachRemaining(kv -> found.put(kv.key().utf8(), kv));

    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < COUNTERS; i++) {
      KeyValue kv = found.remove(counter(i));
      long version = kv == null ? 0 : kv.version();
      if (version != counts.get(i)) {
        wrong.add(counter(i) + " counts " + version + " of " + counts.get(i));
      }
    }
    for (int worker = 0; worker < workers.size(); worker++) {
      Own own = workers.get(worker);
      for (int i = 0; i < own.complete.size(); i++) {
        compare(list(worker, i), own.complete.get(i), found, wrong);
      }
      if (!own.list.isEmpty()) {
        compare(list(worker, own.complete.size()), own.list, found, wrong);
      }
    }
    found.keySet().forEach(key -> wrong.add(key + " was never written"));

    report.figure("appends acknowledged", "%d", acknowledged());
    report.figure("wrong", "%d", wrong.size());
    report.check(
        "every append counts once",
        wrong.isEmpty(),
        String.join("; ", wrong.subList(0, Math.min(NAMED_MAX, wrong.size()))));
    report.check(
        "as many revisions as appends",
        cursor.revision() == acknowledged(),
        cursor.revision() + " revisions");
    report.check(
        "no two are told the same revision", toldTwice.get() == 0, toldTwice.get() + " are");
  }

  private static void compare(
      String key, String expected, Map<String, KeyValue> found, List<String> wrong) {
    KeyValue kv = found.remove(key);
    String value = kv == null ? "" : kv.value().utf8();
    if (!value.equals(expected)) {
      wrong.add(key + " is " + value + " and not " + expected);
    }
  }
}
