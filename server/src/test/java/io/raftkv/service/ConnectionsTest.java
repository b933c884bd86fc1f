package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.KVGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How many connections the client port takes. */
final class ConnectionsTest {
  private static final int CONNECTIONS_MAX = 5;
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @Test
  void connectionBeyondTheBoundIsClosedAndOneThatFollowsAnEndIsServed() throws Exception {
    ConnectionLimits limits = ConnectionLimits.DEFAULT.withConnections(CONNECTIONS_MAX, 1);
    List<Socket> idle = new ArrayList<>();
    try (ServiceHarness harness = new ServiceHarness();
        ClientServer server =
            ClientServer.open(harness.context, limits, false, new InetSocketAddress(LOOPBACK, 0))) {
      for (int i = 0; i < CONNECTIONS_MAX; i++) {
        idle.add(new Socket(LOOPBACK, server.port()));
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.gate().connections() == CONNECTIONS_MAX);

      try (Socket tooMany = new Socket(LOOPBACK, server.port())) {
        assertThat(isClosedByServer(tooMany)).isTrue();
      }
      assertThat(server.gate().refused()).isEqualTo(1);

      idle.remove(0).close();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.gate().connections() < CONNECTIONS_MAX);
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      var answer = KVGrpc.newBlockingStub(channel).put(putRequest("a", "1").build());
      assertThat(answer.getModRevision()).isEqualTo(1);
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }

  private static boolean isClosedByServer(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketException e) {
      return true; // Reset.
    }
  }
}
