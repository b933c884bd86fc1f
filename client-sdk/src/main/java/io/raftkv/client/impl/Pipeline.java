package io.raftkv.client.impl;

import io.grpc.Metadata;
import io.grpc.Status;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The small calls to one member, all over one stream at a time. A stream is used for a short while
 * only, and then left to end with its last call: so a connection that the member asks to make way
 * is not held, and no call is given to a stream that the member is about to end for want of calls.
 *
 * <p>Thread-safe.
 */
final class Pipeline {
  /** A connection that was given up ends each stream at once. */
  private static final int STREAMS_TRIED_MAX = 3;

  private static final long STREAM_AGE_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

  /** One call. Told once how it ended. */
  interface Entry {
    /** Fills in the request. */
    void fill(PipelineCall.Builder call);

    void answered(PipelineAnswer answer);

    /**
     * The stream ended without an answer.
     *
     * @param wasSent false: the request has certainly not left
     */
    void closed(Status status, Metadata trailers, boolean wasSent);
  }

  private final Connection connection;
  private volatile @Nullable PipelineStream current;

  /** The member knows no such method: it is of an older version. */
  private volatile boolean isUnsupported;

  Pipeline(Connection connection) {
    this.connection = connection;
  }

  /** Whether the member takes calls this way, as far as is known. */
  boolean isSupported() {
    return !isUnsupported;
  }

  void unsupported() {
    isUnsupported = true;
  }

  /**
   * Sends a call, soon.
   *
   * @return what to {@link PipelineStream.Ticket#forget} it by; null: it has ended already
   */
  PipelineStream.@Nullable Ticket submit(Entry entry) {
    Status end = null;
    for (int tried = 0; tried < STREAMS_TRIED_MAX; tried++) {
      PipelineStream stream = stream();
      PipelineStream.Ticket ticket = stream.submit(entry);
      if (ticket != null) {
        return ticket;
      }
      end = stream.end();
    }
    // Each ended before it took the call: mostly there is nobody to connect to.
    Status why =
        end == null ? Status.UNAVAILABLE.withDescription("the connection takes no calls") : end;
    entry.closed(why, new Metadata(), false);
    return null;
  }

  private PipelineStream stream() {
    PipelineStream open = current;
    return open != null && open.isFresh(STREAM_AGE_NANOS_MAX) ? open : open();
  }

  private synchronized PipelineStream open() {
    PipelineStream open = current;
    if (open != null) {
      if (open.isFresh(STREAM_AGE_NANOS_MAX)) {
        return open;
      }
      open.retire();
    }
    PipelineStream fresh = new PipelineStream(connection, this);
    // Before anybody else can find it: gRPC knows no readiness of a call that has not started.
    fresh.start();
    current = fresh;
    return fresh;
  }

  /** Later calls get a new stream; those under way keep theirs. */
  synchronized void retire() {
    PipelineStream open = current;
    current = null;
    if (open != null) {
      open.retire();
    }
  }
}
