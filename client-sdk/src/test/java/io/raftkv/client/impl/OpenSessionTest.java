package io.raftkv.client.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.impl.OpenSession.Mark;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The window of writes whose answers the servers keep. */
class OpenSessionTest {
  private final OpenSession session = new OpenSession(7, 1_000);

  private Mark mark(long bytes) {
    return Objects.requireNonNull(session.mark(bytes));
  }

  @Test
  void theWindowMovesWhenItsFirstWriteIsOver() {
    Mark first = mark(1);
    Mark second = mark(1);
    Mark third = mark(1);

    session.release(second);
    assertThat(third.requestId().getFirstOutstanding()).isEqualTo(1);

    session.release(first);
    assertThat(third.requestId().getFirstOutstanding()).isEqualTo(3);

    session.release(third);
    assertThat(session.firstOutstanding()).isEqualTo(4);
  }

  @Test
  void aSecondReleaseChangesNothing() {
    Mark first = mark(OpenSession.ANSWER_BYTES_MAX);
    session.release(first);
    Mark second = mark(OpenSession.ANSWER_BYTES_MAX);
    session.release(first);

    assertThat(session.firstOutstanding()).isEqualTo(2);
    assertThat(session.mark(1)).isNull();
    session.release(second);
    assertThat(session.mark(1)).isNotNull();
  }

  @Test
  void answersThatMayBeKeptCountUntilTheWindowHasPassedThem() {
    Mark first = mark(1);
    List<Mark> others = new ArrayList<>();
    while (others.size() < OpenSession.ANSWERS_MAX - 1) {
      others.add(mark(1));
    }
    others.forEach(session::release);
    assertThat(session.mark(1)).isNull();

    session.release(first);
    assertThat(session.mark(1)).isNotNull();
  }

  @Test
  void bytesAreBoundedButNothingIsTooLargeToBeAlone() {
    Mark first = mark(OpenSession.ANSWER_BYTES_MAX - 1);
    Mark second = mark(1);
    assertThat(session.mark(1)).isNull();
    session.release(first);
    session.release(second);

    Mark huge = mark(2 * OpenSession.ANSWER_BYTES_MAX);
    assertThat(session.mark(1)).isNull();
    session.release(huge);
    assertThat(session.mark(1)).isNotNull();
  }
}
