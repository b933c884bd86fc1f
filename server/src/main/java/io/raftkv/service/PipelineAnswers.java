package io.raftkv.service;

import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The answers of one pipeline on their way out. They are made on lanes and walkers, and written by
 * the loop of the connection, as many to a message as are there, while the client takes them. For
 * any thread.
 *
 * <p>An answer holds its part of the budget of answers until it is written. A refusal holds none,
 * so while too many answers wait, no more calls are read.
 */
final class PipelineAnswers {
  private static final int MESSAGE_BYTES = 64 << 10;
  static final int WAITING_MAX = 4_096;

  private record Waiting(PipelineAnswer answer, @Nullable Call<?> call) {
    void taken() {
      if (call != null) {
        call.taken();
      }
    }
  }

  private final ServerCallStreamObserver<PipelineResponse> client;
  private final Executor loop;
  private final Runnable ended;
  private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();

  /** How many wait in the queue. */
  private final AtomicInteger waiting = new AtomicInteger();

  /** Calls without an answer that was written. */
  private final AtomicInteger underWay = new AtomicInteger();

  /** What asks for a drain; not 0 from before one is handed to the loop until it has ended. */
  private final AtomicInteger wanted = new AtomicInteger();

  private volatile boolean isEnding;
  private volatile boolean isCancelled;
  private volatile boolean isPaused;

  /** While draining only. */
  private boolean hasEnded;

  /**
   * @param ended called once, when nothing more will be written
   */
  PipelineAnswers(
      ServerCallStreamObserver<PipelineResponse> client, Executor loop, Runnable ended) {
    this.client = client;
    this.loop = loop;
    this.ended = ended;
  }

  /** How many wait to be written. */
  int waiting() {
    return waiting.get();
  }

  /** A call came that will get an answer. */
  void begun() {
    underWay.incrementAndGet();
  }

  void add(PipelineAnswer answer, @Nullable Call<?> call) {
    waiting.incrementAndGet();
    queue.add(new Waiting(answer, call));
    schedule();
  }

  void refuse(long id, StatusRuntimeException status) {
    refuse(id, status, null);
  }

  void refuse(long id, StatusRuntimeException status, @Nullable Call<?> call) {
    com.google.rpc.Status error = StatusProto.fromThrowable(status);
    if (error == null) {
      throw new IllegalArgumentException("an error without details", status);
    }
    add(PipelineAnswer.newBuilder().setId(id).setError(error).build(), call);
  }

  /** Asks for the next calls, now or when there is room for their answers. On the loop. */
  void requestMore() {
    if (waiting.get() < WAITING_MAX) {
      client.request(1);
    } else {
      isPaused = true;
      schedule();
    }
  }

  /** Ends the stream once every call is answered. */
  void endWhenIdle() {
    isEnding = true;
    schedule();
  }

  /** The client has gone. */
  void cancelled() {
    isCancelled = true;
    schedule();
  }

  /** Writes what can be written, soon. */
  void schedule() {
    if (wanted.getAndIncrement() == 0) {
      try {
        loop.execute(this::drain);
      } catch (RejectedExecutionException e) {
        // The server has closed, and with it every stream: nothing can be written any more.
        isCancelled = true;
        drain();
      }
    }
  }

  private void drain() {
    int seen;
    do {
      seen = wanted.get();
      if (isCancelled) {
        discard();
      } else {
        write();
      }
      if (!hasEnded && (isCancelled || mayEnd())) {
        end();
      }
    } while (wanted.addAndGet(-seen) != 0);
  }

  private void write() {
    while (client.isReady() && !queue.isEmpty()) {
      PipelineResponse.Builder message = PipelineResponse.newBuilder();
      List<Waiting> taken = new ArrayList<>();
      int bytes = 0;
      Waiting next = queue.poll();
      while (next != null) {
        message.addAnswers(next.answer());
        taken.add(next);
        bytes += next.answer().getSerializedSize();
        next = bytes < MESSAGE_BYTES ? queue.poll() : null;
      }
      client.onNext(message.build());
      taken.forEach(Waiting::taken);
      waiting.addAndGet(-taken.size());
      underWay.addAndGet(-taken.size());
    }
    if (isPaused && waiting.get() < WAITING_MAX) {
      isPaused = false;
      client.request(1);
    }
  }

  private void discard() {
    for (Waiting next = queue.poll(); next != null; next = queue.poll()) {
      next.taken();
    }
  }

  private boolean mayEnd() {
    return isEnding && underWay.get() == 0;
  }

  private void end() {
    hasEnded = true;
    if (!isCancelled) {
      client.onCompleted();
    }
    ended.run();
  }
}
