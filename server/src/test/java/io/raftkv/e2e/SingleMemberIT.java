package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SingleMemberIT {
  /** What a pipe holds on Linux. */
  private static final int PIPE_BYTES = 1 << 16;

  @TempDir Path folder;

  @Test
  void whatWasWrittenIsThereAfterAKill() {
    try (KvdCluster cluster = new KvdCluster(folder, 1).start()) {
      KvClient client = cluster.client();
      client.put("greeting", "hello");
      long revision = client.put("greeting", "hello again").modRevision();
      assertThat(client.get("greeting").value()).contains(ByteSequence.of("hello again"));
      assertThat(client.get("missing").isPresent()).isFalse();

      cluster.process(0).kill();
      cluster.start(0);

      assertThat(client.get("greeting").value()).contains(ByteSequence.of("hello again"));
      assertThat(client.get("greeting").kv().orElseThrow().modRevision()).isEqualTo(revision);
    }
  }

  @Test
  void saysExactlyOneLineOnStdoutAndEndsWithZeroAfterSigterm() {
    try (KvdCluster cluster = new KvdCluster(folder, 1).start()) {
      KvdProcess kvd = cluster.process(0);
      cluster.client().put("key", "value");

      kvd.terminate();

      assertThat(kvd.awaitExit()).isZero();
      assertThat(kvd.stdout())
          .containsExactly(
              "ready name=n1 client="
                  + cluster.endpoint(0)
                  + " peer=127.0.0.1:"
                  + cluster.peerPort(0));
      assertThat(kvd.stderrText()).doesNotContain("ERROR").doesNotContain("WARN");
      cluster.start(0);
      assertThat(cluster.client().get("key").isPresent()).isTrue();
    }
  }

  /** As etcd #22214: whoever reads the log has stopped, and its pipe is full. */
  @Test
  void servesAndEndsWhileNobodyReadsItsLog() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    MemberSites intoThePipe =
        new MemberSites() {
          @Override
          public List<String> prefix(int member) {
            return List.of("sh", "-c", "exec \"$@\" 2> " + pipe, "sh");
          }
        };
    try (RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw");
        KvdCluster cluster =
            new KvdCluster(
                folder,
                1,
                KvdProcess.Program.classes(KvdProcess.QUICK_JVM),
                List.of(),
                intoThePipe)) {
      reader.write(new byte[PIPE_BYTES]);
      cluster.start();
      cluster.client().put("key", "value");

      assertThat(cluster.client().get("key").isPresent()).isTrue();
      cluster.process(0).terminate();
      assertThat(cluster.process(0).awaitExit()).isZero();
    }
  }

  @Test
  void inMemoryNothingTouchesTheDisk() {
    try (KvdCluster cluster = new KvdCluster(folder, 1, "--storage", "memory").start()) {
      cluster.client().put("key", "value");

      assertThat(cluster.client().get("key").isPresent()).isTrue();
      assertThat(cluster.dataDir(0)).doesNotExist();
    }
  }

  @Test
  void operatorsSeeMetricsAndHealth() throws IOException, InterruptedException {
    try (KvdCluster cluster = new KvdCluster(folder, 1).start()) {
      cluster.client().put("key", "value");
      Awaitility.await().until(() -> get(cluster, "/health").statusCode() == 200);

      assertThat(get(cluster, "/health").body())
          .contains("\"status\":\"serving\"", "\"role\":\"leader\"", "\"name\":\"n1\"");
      assertThat(get(cluster, "/metrics").body())
          .contains("raftkv_raft_term", "raftkv_raft_is_leader 1.0", "jvm_memory_used_bytes");
      assertThat(get(cluster, "/").body()).contains("raftkv n1");
      assertThat(get(cluster, "/other").statusCode()).isEqualTo(404);
    }
  }

  private static HttpResponse<String> get(KvdCluster cluster, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + cluster.opsPort(0) + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
