package io.raftkv.client.impl;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.raftkv.client.KvException;
import io.raftkv.client.Reason;
import io.raftkv.client.SnapshotResult;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.proto.v1.SnapshotChunk;
import io.raftkv.proto.v1.SnapshotRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One backup on its way from a member to a stream. Chunks arrive on gRPC's thread; the caller's
 * thread does the rest, so a slow stream slows the member down and no other call.
 */
final class SnapshotDownload extends ClientCall.Listener<SnapshotChunk> {
  private static final Method<SnapshotRequest, SnapshotChunk> METHOD = Method.SNAPSHOT;

  /** Chunks that may have arrived and not been written. */
  private static final int AHEAD = 16;

  /** What the caller's thread waits for. */
  private sealed interface Event {
    /** The connection is up, or cannot be made, which the call will tell. */
    record Settled() implements Event {}

    record Chunk(SnapshotChunk chunk) implements Event {}

    record End(Status status, Metadata trailers) implements Event {}
  }

  private final Connection connection;
  private final SnapshotRequest request;
  private final OutputStream to;
  private final long silenceNanosMax;
  private final Consumer<ResponseHeader> learn;
  private final long startNanos = System.nanoTime();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private volatile boolean isAnswered;

  // Of the caller's thread.
  private @Nullable SnapshotChunk first;
  private long written;
  private long totalBytes;

  /**
   * @param silenceNanosMax how long the member may take to the first chunk, and from each to the
   *     next
   * @param learn hears what the first chunk says of the cluster
   */
  SnapshotDownload(
      Connection connection,
      SnapshotRequest request,
      OutputStream to,
      long silenceNanosMax,
      Consumer<ResponseHeader> learn) {
    this.connection = connection;
    this.request = request;
    this.to = to;
    this.silenceNanosMax = silenceNanosMax;
    this.learn = learn;
  }

  /** Runs it to its end. */
  SnapshotResult run() throws IOException {
    Runnable settled = () -> events.add(new Event.Settled());
    connection.whenSettled(settled);
    try {
      next();
    } finally {
      connection.forget(settled);
    }
    ClientCall<SnapshotRequest, SnapshotChunk> call =
        connection.channel().newCall(METHOD.descriptor(), CallOptions.DEFAULT);
    boolean hasEnded = false;
    try {
      call.start(this, new Metadata());
      call.request(AHEAD);
      call.sendMessage(request);
      call.halfClose();
      Event event = next();
      while (event instanceof Event.Chunk arrived) {
        write(arrived.chunk());
        call.request(1);
        event = next();
      }
      hasEnded = true;
      return result((Event.End) event);
    } finally {
      if (!hasEnded) {
        call.cancel("given up by the caller", null);
      }
    }
  }

  private Event next() {
    try {
      Event event = events.poll(silenceNanosMax, TimeUnit.NANOSECONDS);
      if (event == null) {
        throw failure(Reason.TIMEOUT, "nothing came in time, after " + written + " bytes");
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KvException(
          Reason.INTERRUPTED,
          METHOD.outcomeOnceSent(),
          "interrupted while a backup was on its way",
          connection.endpoint(),
          Map.of(),
          e);
    }
  }

  private void write(SnapshotChunk chunk) throws IOException {
    if (totalBytes > 0) {
      throw failure(Reason.CORRUPT, "more came after the last chunk");
    }
    if (chunk.getOffset() != written) {
      throw failure(
          Reason.CORRUPT, "a chunk for offset " + chunk.getOffset() + " came at " + written);
    }
    if (chunk.getCrc32C() != crc(chunk.getData())) {
      throw failure(Reason.CORRUPT, "the chunk at offset " + written + " has a bad checksum");
    }
    if (first == null) {
      first = chunk.toBuilder().clearData().build();
      learn.accept(chunk.getHeader());
    }
    chunk.getData().writeTo(to);
    written += chunk.getData().size();
    totalBytes = chunk.getTotalBytes();
    if (totalBytes > 0 && totalBytes != written) {
      throw failure(Reason.CORRUPT, written + " bytes came of " + totalBytes);
    }
  }

  private static int crc(ByteString data) throws IOException {
    CRC32C crc = new CRC32C();
    // Without a copy.
    data.writeTo(new CheckedOutputStream(OutputStream.nullOutputStream(), crc));
    return (int) crc.getValue();
  }

  private SnapshotResult result(Event.End end) {
    if (!end.status().isOk()) {
      throw failure(Failures.of(METHOD, end.status(), end.trailers(), isAnswered));
    }
    SnapshotChunk known = first;
    if (known == null || totalBytes == 0) {
      throw failure(Reason.CONNECTION_LOST, "the stream was cut short after " + written + " bytes");
    }
    return new SnapshotResult(Codec.header(known.getHeader()), known.getIndex(), totalBytes);
  }

  private KvException failure(Reason reason, String detail) {
    return failure(Failure.local(reason, METHOD.outcomeOnceSent(), detail));
  }

  private KvException failure(Failure failure) {
    return failure.toException(METHOD, connection.endpoint(), 1, System.nanoTime() - startNanos);
  }

  @Override
  public void onHeaders(Metadata headers) {
    isAnswered = true;
    connection.answered();
  }

  @Override
  public void onMessage(SnapshotChunk chunk) {
    events.add(new Event.Chunk(chunk));
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    events.add(new Event.End(status, trailers));
  }
}
