package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** kvctl as a process of its own, where its end is the matter. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(120)
final class ProcessTest {
  private final FakeServer server = new FakeServer();

  @AfterEach
  void stop() {
    server.close();
  }

  private Process start(String... args) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>();
    // As the manifest of kvctl.jar says; without it, JDK 24 and later warn of Netty's library.
    command.addAll(List.of(java.toString(), "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("io.raftkv.cli.Kvctl", "--endpoints", server.endpoint()));
    command.addAll(List.of("--timeout", "100s"));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder.start();
  }

  private static String errors(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void anInterruptedWriteSaysThatItsOutcomeIsUnknown() throws Exception {
    server.isMute = true;
    Process put = start("put", "k", "v");
    server.firstPut.join();

    put.toHandle().destroy();

    assertThat(errors(put)).endsWith("kvctl: interrupted; the outcome of the write is unknown\n");
    assertThat(put.waitFor()).isGreaterThan(128);
  }

  @Test
  void anInterruptedImportSaysHowFarItIs() throws Exception {
    server.isMute = true;
    Process load = start("import", "-");
    load.getOutputStream()
        .write("{\"key\":\"k\",\"value\":\"v\"}\n".getBytes(StandardCharsets.UTF_8));
    load.getOutputStream().flush();
    server.firstPut.join();

    load.toHandle().destroy();

    assertThat(errors(load))
        .endsWith("kvctl: interrupted; 0 lines are written for certain, 1 more may be\n");
  }

  @Test
  void aReaderThatHasGoneIsNoError() throws Exception {
    for (int i = 0; i < 3_000; i++) {
      String key = "k" + i;
      server.put(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8("x".repeat(200)));
    }
    Process scan = start("scan");

    scan.getInputStream().close();

    assertThat(errors(scan)).isEmpty();
    assertThat(scan.waitFor()).isZero();
  }
}
