package io.raftkv.client.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BlockingTest {
  @Test
  void aWriteThatIsRefusedInsideACallbackWasNotMade() {
    AtomicBoolean wasMade = new AtomicBoolean();

    NetworkThread.run(
        () ->
            assertThatThrownBy(
                    () ->
                        Blocking.write(
                            () -> {
                              wasMade.set(true);
                              return new CompletableFuture<>();
                            }))
                .isInstanceOf(IllegalStateException.class));

    assertThat(wasMade).isFalse();
  }
}
