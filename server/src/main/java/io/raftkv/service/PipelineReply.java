package io.raftkv.service;

import com.google.protobuf.MessageLite;
import io.grpc.StatusRuntimeException;
import io.raftkv.proto.v1.PipelineAnswer;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The reply to one call of a pipeline. */
final class PipelineReply<T extends MessageLite> implements Reply<T> {
  private final PipelineAnswers answers;
  private final long id;
  private final BiFunction<PipelineAnswer.Builder, T, PipelineAnswer.Builder> fill;

  /** Set before the call can be answered. */
  private @Nullable Call<T> call;

  PipelineReply(
      PipelineAnswers answers,
      long id,
      BiFunction<PipelineAnswer.Builder, T, PipelineAnswer.Builder> fill) {
    this.answers = answers;
    this.id = id;
    this.fill = fill;
  }

  boolean goesTo(PipelineAnswers stream) {
    return answers == stream;
  }

  @Override
  public void attach(Call<T> call) {
    this.call = call;
  }

  @Override
  public void answer(T response) {
    answers.add(fill.apply(PipelineAnswer.newBuilder().setId(id), response).build(), call);
  }

  @Override
  public void refuse(StatusRuntimeException status) {
    answers.refuse(id, status, call);
  }
}
