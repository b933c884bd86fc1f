package io.raftkv.cli.bench;

import java.util.concurrent.CompletableFuture;

/** A store under load. For any thread; futures complete on a thread of the network. */
public interface BenchTarget extends AutoCloseable {
  /** What a scan has read. */
  record Scanned(long entries, long bytes) {}

  /** Completes when the write is acknowledged. */
  CompletableFuture<?> put(byte[] key, byte[] value);

  /** A linearizable read. */
  CompletableFuture<?> get(byte[] key);

  /** Reads all keys with this prefix, at one revision. Waits for them. */
  Scanned scan(byte[] prefix);

  /** One word for why a request failed. */
  String reason(Throwable failure);

  @Override
  void close();
}
