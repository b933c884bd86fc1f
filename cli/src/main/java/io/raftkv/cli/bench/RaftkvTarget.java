package io.raftkv.cli.bench;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.GetOptions;
import io.raftkv.client.KeyRange;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.PutOptions;
import io.raftkv.client.Scan;
import java.util.concurrent.CompletableFuture;

/** raftkv, through the Java client as everybody uses it: with a session, linearizable. */
public final class RaftkvTarget implements BenchTarget {
  private final KvClient client;

  public RaftkvTarget(KvClient client) {
    this.client = client;
  }

  @Override
  public CompletableFuture<?> put(byte[] key, byte[] value) {
    return client.putAsync(ByteSequence.wrap(key), ByteSequence.wrap(value), PutOptions.DEFAULT);
  }

  @Override
  public CompletableFuture<?> get(byte[] key) {
    return client.getAsync(ByteSequence.wrap(key), GetOptions.DEFAULT);
  }

  @Override
  public Scanned scan(byte[] prefix) {
    long entries = 0;
    long bytes = 0;
    Scan.Cursor cursor = client.scan(KeyRange.prefix(ByteSequence.wrap(prefix))).iterator();
    while (cursor.hasNext()) {
      KeyValue kv = cursor.next();
      entries++;
      bytes += kv.key().size() + kv.value().size();
    }
    return new Scanned(entries, bytes);
  }

  @Override
  public String reason(Throwable failure) {
    return failure instanceof KvException kv
        ? kv.reason().name()
        : failure.getClass().getSimpleName();
  }

  @Override
  public void close() {
    client.close();
  }
}
