package io.raftkv.client.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionTest {
  private static final Endpoint MEMBER = new Endpoint("127.0.0.1", 1);

  private final NetworkLoops loops = NetworkLoops.acquire();

  @AfterEach
  void close() {
    loops.close();
  }

  @Test
  void whatIsOpenedAfterTheShutdownIsClosed() {
    Connection connection = new Connection(MEMBER, Duration.ofSeconds(1), loops);

    connection.shutdown();

    assertThat(connection.channel().isShutdown()).isTrue();
  }

  @Test
  void aMemberThatIsFirstAskedAfterTheShutdownIsNotConnected() {
    Routes routes = new Routes(ClientOptions.of(List.of(MEMBER)), loops, () -> {});

    routes.shutdown();

    Route another = Route.only(new Endpoint("127.0.0.1", 2));
    assertThat(routes.pick(another, List.of()).channel().isShutdown()).isTrue();
  }
}
