package io.raftkv.service;

import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Gets, puts and deletes over streams of many calls, each handled as the method of {@link
 * KvService} handles it. What a unary call costs is mostly its HTTP/2 stream, its metadata and its
 * wake-ups: here, a message carries as many calls as came together.
 */
final class PipelineService {
  private final Calls calls;
  private final KvService kv;
  private final Consensus consensus;
  private final Reads reads;
  private final Supplier<Executor> loop;
  private final long idleMaxNanos;
  private final Set<Stream> streams = ConcurrentHashMap.newKeySet();

  /**
   * @param loop the network loop that runs the caller: it writes the answers of the stream
   */
  PipelineService(ServiceContext context, KvService kv, Supplier<Executor> loop, Duration idleMax) {
    this.calls = context.calls();
    this.kv = kv;
    this.consensus = context.consensus();
    this.reads = context.reads();
    this.loop = loop;
    this.idleMaxNanos = idleMax.toNanos();
  }

  ServerServiceDefinition definition() {
    ServiceDescriptor generated = PipelineGrpc.getServiceDescriptor();
    MethodDescriptor<PipelineRequest, PipelineResponse> open =
        PipelineGrpc.getOpenMethod().toBuilder()
            .setRequestMarshaller(new PipelineRequestMarshaller())
            .build();
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(open)
            .build();
    return ServerServiceDefinition.builder(descriptor)
        .addMethod(open, ServerCalls.asyncBidiStreamingCall(this::open))
        .build();
  }

  /** Called on the loop of the connection, as is all that the stream hears. */
  private StreamObserver<PipelineRequest> open(StreamObserver<PipelineResponse> observer) {
    ServerCallStreamObserver<PipelineResponse> client =
        (ServerCallStreamObserver<PipelineResponse>) observer;
    client.disableAutoRequest();
    Stream stream = new Stream(client, Caller.current());
    streams.add(stream);
    client.setOnCancelHandler(stream::over);
    client.setOnCloseHandler(stream::over);
    client.setOnReadyHandler(stream.answers::schedule);
    client.request(1);
    return stream;
  }

  /** Streams that are open. For any thread. */
  int streams() {
    return streams.size();
  }

  /** Answers that wait for their client to take them. For any thread. */
  int answersWaiting() {
    return streams.stream().mapToInt(stream -> stream.answers.waiting()).sum();
  }

  /** Ends streams without calls. To be called by a timer, with its {@link System#nanoTime}. */
  void expire(long nowNanos) {
    streams.forEach(stream -> stream.expire(nowNanos));
  }

  private final class Stream implements StreamObserver<PipelineRequest> {
    private final Caller caller;
    private final PipelineAnswers answers;
    private volatile long lastCallNanos = System.nanoTime();

    Stream(ServerCallStreamObserver<PipelineResponse> client, Caller caller) {
      this.caller = caller;
      this.answers = new PipelineAnswers(client, loop.get(), () -> streams.remove(this));
    }

    @Override
    public void onNext(PipelineRequest request) {
      lastCallNanos = System.nanoTime();
      consensus.together(() -> begin(request.getCallsList()));
      answers.requestMore();
    }

    private void begin(List<PipelineCall> together) {
      // Reads that came together are confirmed together.
      Reads.Barrier barrier = reads.barrier();
      for (PipelineCall call : together) {
        answers.begun();
        begin(call, barrier);
      }
    }

    private void begin(PipelineCall call, Reads.Barrier barrier) {
      long id = call.getId();
      long timeLimitNanos =
          call.getTimeoutMillis() == 0
              ? calls.timeLimitDefaultNanos()
              : TimeUnit.MILLISECONDS.toNanos(Integer.toUnsignedLong(call.getTimeoutMillis()));
      switch (call.getRequestCase()) {
        case GET ->
            calls.run(
                Method.GET,
                call.getGet(),
                this.<GetResponse>reply(id, (answer, response) -> answer.setGet(response)),
                caller,
                timeLimitNanos,
                Runnable::run,
                begun -> kv.get(call.getGet(), begun, barrier));
        case PUT ->
            calls.run(
                Method.PUT,
                call.getPut(),
                this.<PutResponse>reply(id, (answer, response) -> answer.setPut(response)),
                caller,
                timeLimitNanos,
                Runnable::run,
                begun -> kv.put(call.getPut(), begun));
        case DELETE ->
            calls.run(
                Method.DELETE,
                call.getDelete(),
                this.<DeleteResponse>reply(id, (answer, response) -> answer.setDelete(response)),
                caller,
                timeLimitNanos,
                Runnable::run,
                begun -> kv.delete(call.getDelete(), begun));
        case REQUEST_NOT_SET ->
            answers.refuse(
                id,
                calls
                    .errors()
                    .status(Refusal.of(Reason.MALFORMED_REQUEST, "a call without a request")));
      }
    }

    private <T extends MessageLite> Reply<T> reply(
        long id, BiFunction<PipelineAnswer.Builder, T, PipelineAnswer.Builder> fill) {
      return new PipelineReply<>(answers, id, fill);
    }

    @Override
    public void onError(Throwable failure) {
      // The client has gone; what is to be done for that is done by over().
    }

    @Override
    public void onCompleted() {
      answers.endWhenIdle();
    }

    /** The client has gone, or the stream was closed, here for a message that is none, too. */
    void over() {
      answers.cancelled();
      calls.cancel(reply -> reply instanceof PipelineReply<?> ours && ours.goesTo(answers));
    }

    void expire(long nowNanos) {
      if (nowNanos - lastCallNanos > idleMaxNanos) {
        answers.endWhenIdle();
      }
    }
  }
}
