package io.raftkv.service;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.proto.v1.SnapshotChunk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A backup on its way to its client. A walker makes it chunk by chunk, and waits until the client
 * has room for the next one; so a slow client holds one walker and a few chunks, and no network
 * loop.
 *
 * <pre>
 * IDLE --walker begins--> WRITING --walker ends--> IDLE --last chunk, or refusal--> CLOSED
 * </pre>
 *
 * <p>While the walker writes, nobody else does: who refuses meanwhile leaves the refusal to it.
 */
final class SnapshotReply implements Reply<SnapshotChunk> {
  /** What the network may hold of one stream: the client has room while it is less. */
  private static final int READY_BYTES = 256 << 10;

  /** What a stream holds at most, roughly: that and the chunks beside it. */
  static final long HELD_BYTES = 4L * READY_BYTES;

  /** Being told that there is room ends a wait at once; this is for what nobody tells. */
  private static final long WAIT_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(50);

  private enum State {
    IDLE,
    WRITING,
    CLOSED
  }

  /** Makes the bytes of the file, part by part. */
  interface Source {
    void writeTo(Consumer<byte[]> file) throws IOException;
  }

  private final ServerCallStreamObserver<SnapshotChunk> client;
  private final Calls calls;
  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
  private volatile @Nullable StatusRuntimeException refusal;
  private volatile @Nullable Thread walker;

  SnapshotReply(StreamObserver<SnapshotChunk> observer, Calls calls) {
    this.client = (ServerCallStreamObserver<SnapshotChunk>) observer;
    this.calls = calls;
  }

  @Override
  public void attach(Call<SnapshotChunk> call) {
    client.setOnReadyThreshold(READY_BYTES);
    client.setOnReadyHandler(this::wake);
    client.setOnCloseHandler(call::taken);
    client.setOnCancelHandler(
        () -> {
          call.cancelled();
          wake();
        });
  }

  private void wake() {
    LockSupport.unpark(walker);
  }

  /**
   * Sends all but the last chunk. Called by the walker.
   *
   * @param index of the last entry that is in it
   * @return the last chunk
   * @throws CancellationException if nobody wants it any more
   */
  SnapshotChunk stream(Call<SnapshotChunk> call, ResponseHeader header, long index, Source source) {
    if (!state.compareAndSet(State.IDLE, State.WRITING)) {
      throw new CancellationException();
    }
    walker = Thread.currentThread();
    try {
      Chunks chunks = new Chunks(call, header, index);
      source.writeTo(chunks);
      return chunks.last();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      walker = null;
      state.set(State.IDLE);
      sendRefusal();
    }
  }

  private void send(Call<SnapshotChunk> call, SnapshotChunk chunk) {
    calls.stream(call);
    while (!client.isReady()) {
      call.checkWanted();
      LockSupport.parkNanos(this, WAIT_NANOS_MAX);
    }
    call.checkWanted();
    client.onNext(chunk);
  }

  /** On the walker, after the last part was made. */
  @Override
  public void answer(SnapshotChunk last) {
    if (state.compareAndSet(State.IDLE, State.CLOSED)) {
      client.onNext(last);
      client.onCompleted();
    }
  }

  @Override
  public void refuse(StatusRuntimeException status) {
    refusal = status;
    sendRefusal();
    wake();
  }

  /** Now, or when the walker ends. */
  private void sendRefusal() {
    StatusRuntimeException known = refusal;
    if (known != null && state.compareAndSet(State.IDLE, State.CLOSED)) {
      client.onError(known);
    }
  }

  /** Makes chunks of the parts; each goes out when the next one is there. */
  private final class Chunks implements Consumer<byte[]> {
    private final Call<SnapshotChunk> call;
    private final SnapshotChunk.Builder first;
    private SnapshotChunk.@Nullable Builder waiting;
    private long offset;

    Chunks(Call<SnapshotChunk> call, ResponseHeader header, long index) {
      this.call = call;
      this.first = SnapshotChunk.newBuilder().setHeader(header).setIndex(index);
    }

    @Override
    public void accept(byte[] part) {
      SnapshotChunk.Builder before = waiting;
      if (before != null) {
        send(call, before.build());
      }
      waiting =
          (before == null ? first : SnapshotChunk.newBuilder())
              .setOffset(offset)
              .setData(UnsafeByteOperations.unsafeWrap(part))
              .setCrc32C(crc(part));
      offset += part.length;
    }

    SnapshotChunk last() {
      SnapshotChunk.Builder last = waiting;
      if (last == null) {
        throw new IllegalStateException("a backup of nothing");
      }
      return last.setTotalBytes(offset).build();
    }
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length);
    return (int) crc.getValue();
  }
}
