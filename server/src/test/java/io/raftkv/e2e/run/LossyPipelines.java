package io.raftkv.e2e.run;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.PipelineAnswer;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of many calls through a {@link LossyProxy}. Each of their calls goes to the member,
 * over a stream to it, and a copy to any member; an answer is passed on, or an error in its place,
 * or nothing.
 */
final class LossyPipelines extends PipelineGrpc.PipelineImplBase {
  /** What becomes of an answer. */
  enum Fate {
    PASSED_ON,
    BROKEN,
    SILENCE
  }

  private final Upstream member;
  private final List<Upstream> all;
  private final Supplier<Integer> any;
  private final Supplier<Fate> fate;
  private final Consumer<PipelineCall> copied;
  private final Runnable different;

  /**
   * @param channels to all members
   * @param number of the member that this stands before
   * @param any draws the number of a member
   * @param fate draws what becomes of the next answer
   * @param copied told of each copy
   * @param different told when the copies of a put were told different revisions
   */
  LossyPipelines(
      List<ManagedChannel> channels,
      int number,
      Supplier<Integer> any,
      Supplier<Fate> fate,
      Consumer<PipelineCall> copied,
      Runnable different) {
    this.all = channels.stream().map(Upstream::new).toList();
    this.member = all.get(number);
    this.any = any;
    this.fate = fate;
    this.copied = copied;
    this.different = different;
  }

  @Override
  public StreamObserver<PipelineRequest> open(StreamObserver<PipelineResponse> client) {
    return new StreamObserver<>() {
      @Override
      public void onNext(PipelineRequest request) {
        request.getCallsList().forEach(call -> forward(call, client));
      }

      @Override
      public void onError(Throwable gone) {
        // Answers that still come are for nobody.
      }

      @Override
      public void onCompleted() {
        synchronized (client) {
          client.onCompleted();
        }
      }
    };
  }

  private void forward(PipelineCall call, StreamObserver<PipelineResponse> client) {
    Pair pair = new Pair(call.hasPut());
    member.send(
        call,
        answer -> {
          pair.told(answer);
          answer(call.getId(), answer, client);
        });
    copied.accept(call);
    all.get(any.get()).send(call, pair::told);
  }

  private void answer(long id, PipelineAnswer answer, StreamObserver<PipelineResponse> client) {
    // An error is never dropped: as with a call by itself.
    Fate drawn = answer.hasError() ? Fate.PASSED_ON : fate.get();
    PipelineAnswer passed = drawn == Fate.PASSED_ON ? answer : broken("the answer was dropped");
    if (drawn == Fate.SILENCE) {
      return;
    }
    synchronized (client) {
      try {
        client.onNext(
            PipelineResponse.newBuilder().addAnswers(passed.toBuilder().setId(id)).build());
      } catch (RuntimeException gone) {
        // The client has closed its stream meanwhile.
        return;
      }
    }
  }

  /** An error without a word of a server, as of a connection that broke. */
  private static PipelineAnswer broken(String why) {
    return PipelineAnswer.newBuilder()
        .setError(
            com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.UNAVAILABLE.value())
                .setMessage(why))
        .build();
  }

  /** What the two copies of a put are told must be the same. */
  private final class Pair {
    private final boolean isPut;
    private @Nullable PipelineAnswer other;

    Pair(boolean isPut) {
      this.isPut = isPut;
    }

    synchronized void told(PipelineAnswer answer) {
      PipelineAnswer first = other;
      if (!isPut || !answer.hasPut()) {
        return;
      }
      if (first != null && first.getPut().getModRevision() != answer.getPut().getModRevision()) {
        different.run();
      }
      other = answer;
    }
  }

  /** The stream to a member, opened anew when it has ended. */
  private static final class Upstream {
    private final ManagedChannel channel;

    // Guarded by this.
    private final Map<Long, Consumer<PipelineAnswer>> underWay = new HashMap<>();
    private @Nullable StreamObserver<PipelineRequest> stream;
    private long lastId;

    Upstream(ManagedChannel channel) {
      this.channel = channel;
    }

    synchronized void send(PipelineCall call, Consumer<PipelineAnswer> told) {
      long id = ++lastId;
      underWay.put(id, told);
      StreamObserver<PipelineRequest> open = stream;
      if (open == null) {
        channel.resetConnectBackoff();
        Answers answers = new Answers();
        open = PipelineGrpc.newStub(channel).open(answers);
        // It ends within the call that opens it if nobody listens there.
        stream = answers.hasEnded ? null : open;
      }
      open.onNext(PipelineRequest.newBuilder().addCalls(call.toBuilder().setId(id)).build());
    }

    private synchronized @Nullable Consumer<PipelineAnswer> take(long id) {
      return underWay.remove(id);
    }

    private synchronized List<Consumer<PipelineAnswer>> end() {
      List<Consumer<PipelineAnswer>> left = List.copyOf(underWay.values());
      underWay.clear();
      stream = null;
      return left;
    }

    private final class Answers implements StreamObserver<PipelineResponse> {
      private volatile boolean hasEnded;

      @Override
      public void onNext(PipelineResponse response) {
        for (PipelineAnswer answer : response.getAnswersList()) {
          Consumer<PipelineAnswer> told = take(answer.getId());
          if (told != null) {
            told.accept(answer);
          }
        }
      }

      @Override
      public void onError(Throwable failure) {
        hasEnded = true;
        end().forEach(told -> told.accept(broken("the member has gone")));
      }

      @Override
      public void onCompleted() {
        onError(Status.OK.asException());
      }
    }
  }
}
