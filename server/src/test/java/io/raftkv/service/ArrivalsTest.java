package io.raftkv.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.channel.DefaultEventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ArrivalsTest {
  private final EventLoop loop = new DefaultEventLoop();
  private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

  private final Arrivals arrivals =
      new Arrivals(
          calls -> {
            seen.add("(");
            calls.run();
            seen.add(")");
          },
          () -> loop);

  @AfterEach
  void endLoop() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void whatOnePassBringsBeginsTogetherAtItsEnd() {
    loop.submit(
            () -> {
              arrivals.execute(() -> seen.add("a"));
              arrivals.execute(() -> seen.add("b"));
              seen.add("read");
            })
        .awaitUninterruptibly();
    loop.submit(() -> arrivals.execute(() -> seen.add("c"))).awaitUninterruptibly();
    loop.submit(() -> {}).awaitUninterruptibly();

    assertThat(seen).containsExactly("read", "(", "a", "b", ")", "(", "c", ")");
  }

  @Test
  void elsewhereItBeginsAtOnce() {
    arrivals.execute(() -> seen.add("a"));

    assertThat(seen).containsExactly("a");
  }
}
