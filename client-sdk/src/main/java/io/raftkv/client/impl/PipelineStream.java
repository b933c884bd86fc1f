package io.raftkv.client.impl;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a {@link Pipeline}. Whoever finds it idle sends what waits, and with it what others
 * bring meanwhile. While a batch of answers is handed out, the requests that follow from them are
 * kept, to leave together.
 *
 * <p>Thread-safe.
 */
final class PipelineStream extends ClientCall.Listener<PipelineResponse> {
  /** More than this does not go into one message, unless a single call has it. */
  private static final int MESSAGE_BYTES = 64 << 10;

  /** The servers take up to 1,024. */
  private static final int MESSAGE_CALLS = 512;

  private static final long NOT_SENT = Long.MAX_VALUE;

  /** A call on its way. */
  static final class Ticket {
    private final PipelineStream stream;
    private final Pipeline.Entry entry;
    private final long id;

    /** Number of the message that it is in. */
    private volatile long message = NOT_SENT;

    private Ticket(PipelineStream stream, Pipeline.Entry entry, long id) {
      this.stream = stream;
      this.entry = entry;
      this.id = id;
    }

    /** Nobody wants the answer any more. */
    void forget() {
      stream.underWay.remove(id);
      stream.drain();
    }
  }

  private final Connection connection;
  private final Pipeline pipeline;
  private final ClientCall<PipelineRequest, PipelineResponse> rpc;
  private final long startNanos = System.nanoTime();
  private final AtomicLong lastId = new AtomicLong();
  private final Map<Long, Ticket> underWay = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Ticket> queue = new ConcurrentLinkedQueue<>();

  /** What asks for a drain; not 0 while somebody drains. */
  private final AtomicInteger wanted = new AtomicInteger();

  /** Messages that were handed to a transport: from then on they may arrive. */
  private volatile long messagesSent;

  private volatile boolean isRetired;

  /** How it ended; null: it has not. */
  private volatile @Nullable Status end;

  // While draining only.
  private long messages;
  private boolean isHalfClosed;

  PipelineStream(Connection connection, Pipeline pipeline) {
    this.connection = connection;
    this.pipeline = pipeline;
    rpc =
        connection
            .channel()
            .newCall(
                PipelineGrpc.getOpenMethod(),
                CallOptions.DEFAULT.withStreamTracerFactory(new SendTracker()));
  }

  void start() {
    rpc.start(this, new Metadata());
    rpc.request(1);
  }

  boolean isFresh(long ageNanosMax) {
    return !isClosed() && !isRetired && System.nanoTime() - startNanos < ageNanosMax;
  }

  private boolean isClosed() {
    return end != null;
  }

  /** How it ended; null: it has not. */
  @Nullable Status end() {
    return end;
  }

  /** Takes a call; null if it takes no more. */
  @Nullable Ticket submit(Pipeline.Entry entry) {
    Ticket ticket = new Ticket(this, entry, lastId.incrementAndGet());
    underWay.put(ticket.id, ticket);
    // After the call can be seen: whoever ends the stream from here on finds it.
    if ((isClosed() || isRetired) && underWay.remove(ticket.id) != null) {
      // It may have been what kept a retired stream from its end.
      drain();
      return null;
    }
    queue.add(ticket);
    drain();
    return ticket;
  }

  /** Ends once its calls have. */
  void retire() {
    isRetired = true;
    drain();
  }

  private void drain() {
    if (wanted.getAndIncrement() == 0) {
      drainWhileWanted();
    }
  }

  private void drainWhileWanted() {
    int seen;
    do {
      seen = wanted.get();
      try {
        sendWhatWaits();
      } catch (RuntimeException e) {
        // Its calls shall learn that, rather than wait in a stream that nobody goes on with.
        rpc.cancel("a call cannot be sent: " + e, e);
      }
    } while (wanted.addAndGet(-seen) != 0);
  }

  private void sendWhatWaits() {
    while (!isClosed() && !queue.isEmpty() && rpc.isReady()) {
      send();
    }
    if (isRetired && !isHalfClosed && !isClosed() && underWay.isEmpty()) {
      isHalfClosed = true;
      rpc.halfClose();
    }
  }

  private void send() {
    PipelineRequest.Builder request = PipelineRequest.newBuilder();
    List<Ticket> sent = new ArrayList<>();
    int bytes = 0;
    while (bytes < MESSAGE_BYTES && sent.size() < MESSAGE_CALLS) {
      Ticket ticket = queue.poll();
      if (ticket == null) {
        break;
      }
      if (underWay.containsKey(ticket.id)) {
        PipelineCall.Builder call = PipelineCall.newBuilder().setId(ticket.id);
        ticket.entry.fill(call);
        PipelineCall built = call.build();
        request.addCalls(built);
        bytes += built.getSerializedSize();
        ticket.message = messages;
        sent.add(ticket);
      }
    }
    if (!sent.isEmpty()) {
      messages++;
      rpc.sendMessage(request.build());
    }
  }

  @Override
  public void onReady() {
    drain();
  }

  @Override
  public void onHeaders(Metadata headers) {
    connection.answered();
  }

  @Override
  public void onMessage(PipelineResponse response) {
    connection.answered();
    boolean drains = wanted.getAndIncrement() == 0;
    try {
      for (PipelineAnswer answer : response.getAnswersList()) {
        Ticket ticket = underWay.remove(answer.getId());
        if (ticket != null) {
          ticket.entry.answered(answer);
        }
      }
      rpc.request(1);
    } finally {
      if (drains) {
        drainWhileWanted();
      }
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    end = status;
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      pipeline.unsupported();
    }
    for (Ticket ticket : List.copyOf(underWay.values())) {
      if (underWay.remove(ticket.id) != null) {
        ticket.entry.closed(status, trailers, ticket.message < messagesSent);
      }
    }
  }

  private final class SendTracker extends ClientStreamTracer.Factory {
    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void outboundMessage(int sequence) {
          messagesSent = sequence + 1L;
        }
      };
    }
  }
}
