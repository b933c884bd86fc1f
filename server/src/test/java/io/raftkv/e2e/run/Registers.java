package io.raftkv.e2e.run;

import io.raftkv.check.History;
import io.raftkv.check.LinearizabilityChecker;
import io.raftkv.check.Operation;
import io.raftkv.client.ByteSequence;
import io.raftkv.client.GetOptions;
import io.raftkv.client.GetResult;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.PutOptions;
import io.raftkv.client.PutResult;
import io.raftkv.client.ReadOptions;
import io.raftkv.client.Reason;
import io.raftkv.client.Scan;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What clients write and read while the cluster suffers, with the whole history; and the verdict.
 * Every value is written once. Thread-safe; client numbers are one thread each.
 *
 * <p>Some keys are shared by all clients: a few at a time, and new ones after a while, so that no
 * key has a history too long to search. Others are written once, by one client.
 */
final class Registers {
  private static final int PLAIN_KEYS = 6;
  private static final int CONDITIONAL_KEYS = 3;
  private static final int OPERATIONS_PER_GENERATION = 2_000;
  private static final Duration PAUSE_OF_READERS = Duration.ofMillis(2);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(5);
  private static final int NAMED_MAX = 5;

  /** What was acknowledged for one key. */
  private record Acknowledged(long writes, long latestRevision) {
    Acknowledged and(long revision) {
      return new Acknowledged(writes + 1, Math.max(latestRevision, revision));
    }
  }

  private final History history = new History();
  private final Recorder recorder;
  private final long seed;
  private final String prefix;
  private final Map<Integer, Random> randoms = new ConcurrentHashMap<>();
  private final Map<String, Acknowledged> acknowledged = new ConcurrentHashMap<>();
  private final AtomicLong operations = new AtomicLong();
  private final AtomicLong renewed = new AtomicLong();

  Registers(Recorder recorder, long seed) {
    this(recorder, seed, "");
  }

  /** All keys begin with {@code prefix}, and no other keys do. */
  Registers(Recorder recorder, long seed, String prefix) {
    this.recorder = recorder;
    this.seed = seed;
    this.prefix = prefix;
  }

  private Random random(int client) {
    return randoms.computeIfAbsent(client, number -> new Random(31 * seed + number));
  }

  private String shared(String kind, int keys, Random random) {
    long generation = operations.getAndIncrement() / OPERATIONS_PER_GENERATION + renewed.get();
    return prefix + "shared/" + generation + "/" + kind + random.nextInt(keys);
  }

  /**
   * From now on the shared keys are new ones. Between faults: each leaves writes of unknown
   * outcome, and a key with very many of them cannot be decided.
   */
  void renewKeys() {
    renewed.incrementAndGet();
  }

  /** One write: of a key of its own, or of a shared one, with a condition or without. */
  void write(int client, long round, KvClient kv) {
    Random random = random(client);
    String value = client + "." + round;
    int choice = random.nextInt(8);
    if (choice < 2) {
      put(client, prefix + "own/" + value, value, kv);
    } else if (choice < 5) {
      put(client, shared("p", PLAIN_KEYS, random), value, kv);
    } else {
      String key = shared("c", CONDITIONAL_KEYS, random);
      if (choice == 5) {
        put(client, key, value, kv);
      } else {
        putIf(client, key, value, kv);
      }
    }
  }

  private void put(int client, String key, String value, KvClient kv) {
    Operation operation = history.put(client, key, value, System.nanoTime());
    send(operation, key, value, PutOptions.DEFAULT, kv);
  }

  private void putIf(int client, String key, String value, KvClient kv) {
    Acknowledged known = acknowledged.get(key);
    long expected = known == null ? 0 : known.latestRevision;
    PutOptions options =
        known == null
            ? PutOptions.DEFAULT.withIfAbsent()
            : PutOptions.DEFAULT.withIfRevision(expected);
    Operation operation = history.putIf(client, key, value, expected, System.nanoTime());
    send(operation, key, value, options, kv);
  }

  private void send(
      Operation operation, String key, String value, PutOptions options, KvClient kv) {
    long start = System.nanoTime();
    try {
      PutResult result = kv.put(key, value, options);
      long end = System.nanoTime();
      history.done(operation, result.modRevision(), end);
      recorder.acknowledged(start, end);
      acknowledged.merge(
          key,
          new Acknowledged(1, result.modRevision()),
          (before, one) -> before.and(one.latestRevision));
    } catch (KvException e) {
      long end = System.nanoTime();
      if (e.reason() == Reason.CONDITION_FAILED && !e.isOutcomeUnknown()) {
        history.conditionFailed(
            operation, e.modRevision().orElse(Operation.NO_REVISION), Operation.NO_REVISION, end);
        return;
      }
      if (!e.isOutcomeUnknown()) {
        history.refused(operation, end);
      }
      recorder.failed(e);
      LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
    }
  }

  /** One linearizable read of a shared key. */
  void read(int client, KvClient kv) {
    read(client, kv, ReadOptions.DEFAULT);
  }

  /** One read of a shared key, which is judged as a linearizable one whatever it asks for. */
  void read(int client, KvClient kv, ReadOptions options) {
    Random random = random(client);
    String key =
        random.nextInt(PLAIN_KEYS + CONDITIONAL_KEYS) < PLAIN_KEYS
            ? shared("p", PLAIN_KEYS, random)
            : shared("c", CONDITIONAL_KEYS, random);
    Operation operation = history.get(client, key, System.nanoTime());
    try {
      GetResult result = kv.get(ByteSequence.of(key), GetOptions.DEFAULT.withRead(options));
      answer(operation, result.kv(), result.header().revision(), System.nanoTime());
    } catch (KvException e) {
      // A read without an answer says nothing, and the history knows that.
      LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
    }
    LockSupport.parkNanos(PAUSE_OF_READERS.toNanos());
  }

  private void answer(Operation get, Optional<KeyValue> found, long revision, long nowNanos) {
    if (found.isPresent()) {
      KeyValue kv = found.get();
      history.found(get, kv.value().utf8(), kv.modRevision(), revision, nowNanos);
    } else {
      history.absent(get, revision, nowNanos);
    }
  }

  /** Reads every key, and judges. When nobody writes any more. */
  void check(KvClient kv, int client, Report report) {
    Map<String, Operation> reads = new LinkedHashMap<>();
    for (Operation operation : history.operations()) {
      reads.computeIfAbsent(operation.key(), key -> history.get(client, key, System.nanoTime()));
    }
    Map<String, KeyValue> found = new HashMap<>();
    Scan.Cursor cursor = kv.scan(KeyRange.all()).iterator();
    cursor.forEachRemaining(pair -> found.put(pair.key().utf8(), pair));
    long end = System.nanoTime();
    reads.forEach(
        (key, read) -> answer(read, Optional.ofNullable(found.get(key)), cursor.revision(), end));

    report.figure("acknowledged writes", "%d", recorder.acknowledged());
    recorder.printFailures(report);
    report.figure(
        "requests in the history",
        "%d answered, %d refused, %d unknown, on %d keys",
        history.count(Operation.Outcome.OK),
        history.count(Operation.Outcome.REFUSED),
        history.count(Operation.Outcome.UNKNOWN),
        reads.size());
    checkNothingLost(found, report);
    Optional<LinearizabilityChecker.Violation> violation = LinearizabilityChecker.check(history);
    report.check("linearizable", violation.isEmpty(), violation.map(Object::toString).orElse(""));
  }

  /** No key is ever deleted, so that its version counts the writes to it. */
  private void checkNothingLost(Map<String, KeyValue> found, Report report) {
    long lost = 0;
    StringBuilder named = new StringBuilder();
    for (Map.Entry<String, Acknowledged> entry : acknowledged.entrySet()) {
      Acknowledged expected = entry.getValue();
      KeyValue kv = found.get(entry.getKey());
      long missing = Math.max(0, expected.writes - (kv == null ? 0 : kv.version()));
      if (missing == 0 && (kv == null || kv.modRevision() < expected.latestRevision)) {
        missing = 1;
      }
      lost += missing;
      if (missing > 0 && named.length() < NAMED_MAX * 100) {
        named
            .append(' ')
            .append(entry.getKey())
            .append(' ')
            .append(expected)
            .append(' ')
            .append(kv);
      }
    }
    report.figure("acknowledged writes lost", "%d", lost);
    report.check("nothing acknowledged is lost", lost == 0, lost + " lost:" + named);
  }
}
