package io.raftkv.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
final class ServerUseTest {
  @Test
  void processThatListensIsFoundByItsPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ServerUse use = ServerUse.of(List.of(socket.getLocalPort()));

      assertThat(use.now()).containsOnlyKeys(ProcessHandle.current().pid());
      ServerUse.Use now = use.now().values().iterator().next();
      assertThat(now.cpuSeconds()).isPositive();
      assertThat(now.residentBytes()).isGreaterThan(1 << 20);
    }
  }

  @Test
  void nothingIsKnownOfPortsThatNobodyListensOn() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    assertThat(ServerUse.of(List.of(port)).now()).isEmpty();
  }
}
