package io.raftkv.client;

import io.raftkv.client.impl.Blocking;
import io.raftkv.client.impl.GrpcKvClient;
import java.util.concurrent.CompletableFuture;

/**
 * A connection to a raftkv cluster. Thread-safe; make one and share it.
 *
 * <p>Each operation comes in two forms. The blocking one waits on the caller's thread and throws
 * {@link KvException}; an interrupt ends the wait with {@link Reason#INTERRUPTED}. The {@code
 * Async} one never blocks; its future fails with the same {@code KvException}, and cancelling it
 * gives the call up. Futures complete on a network thread: what is chained to them must not block
 * ({@code thenApplyAsync} moves it elsewhere). A blocking operation called there throws {@link
 * IllegalStateException} and sends nothing.
 *
 * <p>Every call has a deadline, 5 seconds unless told otherwise. Until then it is repeated, on
 * other members too, and a write is applied at most once all the same: the first one opens a
 * session, at the price of one more round trip, which marks each write so that the servers know it
 * when it comes again. A write fails with {@link Outcome#UNKNOWN} only where that is the truth: the
 * deadline has passed or the client was closed before an answer came, or the session expired while
 * the write was under way, because the servers had not heard of this client for {@link
 * ClientOptions#sessionTtl}. The next write then opens another session.
 *
 * <p>{@link ClientOptions#withoutSession} gives that up: a write is sent again only if it certainly
 * did not happen; if that is not certain, it fails with {@link Outcome#UNKNOWN} and is the caller's
 * to decide.
 */
public interface KvClient extends AutoCloseable {
  /**
   * A client with the default options. Connects when the first call is made.
   *
   * @param endpoints {@code host:port,host:port,...}
   * @throws IllegalArgumentException if it is not that
   */
  static KvClient connect(String endpoints) {
    return connect(ClientOptions.of(endpoints));
  }

  /** A client with these options. Connects when the first call is made. */
  static KvClient connect(ClientOptions options) {
    return GrpcKvClient.open(options);
  }

  /** The options it was made with. */
  ClientOptions options();

  /**
   * Reads a key.
   *
   * @param key 1 to 4,096 bytes
   * @return also for a key that does not exist: {@link GetResult#isPresent()}
   * @throws KvException see {@link KvException#reason()}
   */
  default GetResult get(ByteSequence key, GetOptions options) {
    return Blocking.read(() -> getAsync(key, options));
  }

  /** Reads a key, linearizable. */
  default GetResult get(ByteSequence key) {
    return get(key, GetOptions.DEFAULT);
  }

  /** Reads a key, linearizable. */
  default GetResult get(String key) {
    return get(ByteSequence.of(key), GetOptions.DEFAULT);
  }

  /** Reads a key; see {@link #get(ByteSequence, GetOptions)}. */
  CompletableFuture<GetResult> getAsync(ByteSequence key, GetOptions options);

  /**
   * Writes a key. On return a majority of the members has the write on disk, and it is visible to
   * every read that starts later.
   *
   * @param key 1 to 4,096 bytes, ordered as unsigned bytes
   * @param value up to 1 MiB
   * @throws KvException {@link Reason#CONDITION_FAILED} if the options set a condition that does
   *     not hold; for any reason, {@link KvException#outcome()} tells whether the write may still
   *     take effect
   */
  default PutResult put(ByteSequence key, ByteSequence value, PutOptions options) {
    return Blocking.write(() -> putAsync(key, value, options));
  }

  /** Writes a key, unconditionally. */
  default PutResult put(ByteSequence key, ByteSequence value) {
    return put(key, value, PutOptions.DEFAULT);
  }

  /** Writes a key, unconditionally, as UTF-8. */
  default PutResult put(String key, String value) {
    return put(key, value, PutOptions.DEFAULT);
  }

  /** Writes a key, as UTF-8. */
  default PutResult put(String key, String value, PutOptions options) {
    return put(ByteSequence.of(key), ByteSequence.of(value), options);
  }

  /** Writes a key; see {@link #put(ByteSequence, ByteSequence, PutOptions)}. */
  CompletableFuture<PutResult> putAsync(ByteSequence key, ByteSequence value, PutOptions options);

  /**
   * Deletes a key, a prefix or a range, at one revision.
   *
   * @return how many keys; deleting what does not exist deletes 0
   * @throws KvException as {@link #put(ByteSequence, ByteSequence, PutOptions) put}
   */
  default DeleteResult delete(KeyRange keys, DeleteOptions options) {
    return Blocking.write(() -> deleteAsync(keys, options));
  }

  /** Deletes a key, unconditionally. */
  default DeleteResult delete(ByteSequence key) {
    return delete(KeyRange.key(key), DeleteOptions.DEFAULT);
  }

  /** Deletes a key, unconditionally. */
  default DeleteResult delete(String key) {
    return delete(KeyRange.key(key), DeleteOptions.DEFAULT);
  }

  /** Deletes a key, a prefix or a range; see {@link #delete(KeyRange, DeleteOptions)}. */
  CompletableFuture<DeleteResult> deleteAsync(KeyRange keys, DeleteOptions options);

  /**
   * Reads one page of keys in order of their unsigned bytes. {@link #scan} reads them all.
   *
   * @throws KvException see {@link KvException#reason()}
   */
  default RangePage range(KeyRange keys, RangeOptions options) {
    return Blocking.read(() -> rangeAsync(keys, options));
  }

  /** Reads one page of keys; see {@link #range(KeyRange, RangeOptions)}. */
  CompletableFuture<RangePage> rangeAsync(KeyRange keys, RangeOptions options);

  /** Counts the keys of a range without reading them. */
  default CountResult count(KeyRange keys, GetOptions options) {
    return Blocking.read(() -> countAsync(keys, options));
  }

  /** Counts the keys of a range; see {@link #count(KeyRange, GetOptions)}. */
  CompletableFuture<CountResult> countAsync(KeyRange keys, GetOptions options);

  /** Reads all keys of a range, page after page, at one revision. */
  Scan scan(KeyRange keys, RangeOptions options);

  /** Reads all keys of a range, page after page, at one revision. */
  default Scan scan(KeyRange keys) {
    return scan(keys, RangeOptions.DEFAULT);
  }

  /** The members, and who leads. */
  ClusterClient cluster();

  /** The sessions of all clients. */
  SessionClient sessions();

  /** What an operator looks at. */
  MaintenanceClient maintenance();

  /**
   * Ends every call under way with {@link Reason#CLIENT_CLOSED}, then the session, and closes the
   * connections. Waits for that, but not for long: a session that no server confirms to have ended
   * expires. A second call does nothing.
   */
  @Override
  void close();
}
