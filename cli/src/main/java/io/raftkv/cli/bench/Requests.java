package io.raftkv.cli.bench;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/** Sends one request after the other, to keys at random. For any thread. */
final class Requests {
  /** Of all keys that a load touches. */
  static final String PREFIX = "bench/";

  private static final long VALUE_SEED = 42;

  private final BenchTarget target;
  private final Work work;
  private final int keys;
  private final byte[] value;

  Requests(BenchTarget target, BenchPlan plan) {
    this.target = target;
    work = plan.work();
    keys = plan.keys();
    value = new byte[plan.valueBytes()];
    // Nothing that compresses: not every store would pay for it.
    new SplittableRandom(VALUE_SEED).nextBytes(value);
  }

  CompletableFuture<?> send() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    byte[] key = key(random.nextInt(keys));
    boolean isPut = work == Work.PUT || (work == Work.MIXED && random.nextBoolean());
    return isPut ? target.put(key, value) : target.get(key);
  }

  /** Writes a key for the first time. */
  CompletableFuture<?> fill(int number) {
    return target.put(key(number), value);
  }

  private static byte[] key(int number) {
    String digits = Integer.toString(100_000_000 + number);
    return (PREFIX + digits.substring(1)).getBytes(StandardCharsets.US_ASCII);
  }
}
