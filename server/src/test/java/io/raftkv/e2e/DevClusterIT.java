package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DevClusterIT {
  private static final int MEMBERS = 3;

  @TempDir Path folder;

  /** The first of three ports that are 10 apart and free. */
  private static int freePorts() {
    while (true) {
      int first = FreePorts.next();
      if (FreePorts.isFree(first + 10) && FreePorts.isFree(first + 20)) {
        return first;
      }
    }
  }

  @Test
  void threeMembersInOneProcessAreAClusterAndLeaveNothingBehind() throws IOException {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    int clients = freePorts();
    Path file =
        Files.writeString(
            folder.resolve("kvd.properties"),
            String.join(
                "\n",
                "listen=127.0.0.1:" + clients,
                "peer-listen=127.0.0.1:" + freePorts(),
                "ops-listen=127.0.0.1:" + freePorts(),
                "segment-bytes=1MiB"));
    List<String> javaOptions = new ArrayList<>(KvdProcess.QUICK_JVM);
    javaOptions.add("-Djava.io.tmpdir=" + temporary);
    Map<String, String> environment = Map.of("KVD_CONFIG", file.toString());
    try (KvdProcess kvd =
            KvdProcess.start(folder, javaOptions, environment, List.of("--dev", "3"));
        KvClient client =
            KvClient.connect("127.0.0.1:" + clients + ",127.0.0.1:" + (clients + 20))) {
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> kvd.stdout().size() == MEMBERS);
      for (int i = 0; i < MEMBERS; i++) {
        assertThat(kvd.stdout().get(i))
            .startsWith("ready name=n" + (i + 1) + " client=127.0.0.1:" + (clients + 10 * i));
      }

      client.put("key", "value");

      assertThat(client.get("key").value()).contains(ByteSequence.of("value"));
      assertThat(client.cluster().members().members()).hasSize(MEMBERS);
      kvd.terminate();
      assertThat(kvd.awaitExit()).isZero();
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left.filter(path -> path.toString().contains("kvd-dev-"))).isEmpty();
    }
  }
}
