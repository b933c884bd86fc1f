package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads that last a moment; how fast they are does not matter here. */
final class BenchCommandTest {
  private final FakeServer server = new FakeServer();

  @AfterEach
  void stop() {
    server.close();
  }

  private Run bench(String... args) {
    return Run.kvctl(
        Stream.concat(
                Stream.of("--endpoints", server.endpoint(), "--timeout", "30s", "bench"),
                Stream.concat(
                    Stream.of(args),
                    Stream.of("--keys", "20", "--clients", "2", "--warmup", "1ms")))
            .toArray(String[]::new));
  }

  private static JsonObject json(Run run) {
    assertThat(run.exitCode()).as(run.err()).isZero();
    return JsonParser.parseString(run.text()).getAsJsonObject();
  }

  @ParameterizedTest
  @ValueSource(strings = {"put", "get", "mixed", "scan"})
  void everyKindOfWorkIsMeasured(String work) {
    JsonObject result = json(bench(work, "--duration", "50ms", "--repeats", "2", "-o", "json"));

    assertThat(result.get("work").getAsString()).isEqualTo(work);
    assertThat(result.get("target").getAsString()).isEqualTo("raftkv");
    assertThat(result.get("clients").getAsInt()).isEqualTo(2);
    assertThat(result.get("ops_per_second").getAsDouble()).isPositive();
    assertThat(result.get("errors").getAsLong()).isZero();
    JsonObject latency = result.getAsJsonObject("latency_us");
    assertThat(latency.get("p50").getAsLong())
        .isPositive()
        .isLessThanOrEqualTo(latency.get("p99").getAsLong());
    assertThat(latency.get("p999").getAsLong()).isLessThanOrEqualTo(latency.get("max").getAsLong());
    assertThat(result.getAsJsonArray("repeats")).hasSize(2);
    assertThat(server.store).hasSize(20);
  }

  @Test
  void loadOfAFixedRateSendsThatMany() {
    JsonObject result =
        json(bench("put", "--rate", "200", "--duration", "100ms", "--repeats", "1", "-o", "json"));

    JsonObject repeat = result.getAsJsonArray("repeats").get(0).getAsJsonObject();
    double sent =
        repeat.get("ops_per_second").getAsDouble() * repeat.get("seconds").getAsDouble()
            + repeat.get("errors").getAsDouble();
    assertThat(Math.round(sent)).isEqualTo(20);
  }

  @Test
  void peopleSeeEachRunAndTheMedian() {
    Run run = bench("get", "--duration", "20ms", "--repeats", "3");

    assertThat(run.exitCode()).isZero();
    assertThat(run.text().lines())
        .first()
        .asString()
        .isEqualTo("raftkv, get, 2 clients, 20 keys, values of 256 B, 3 times 20ms");
    assertThat(run.text())
        .contains("RUN ")
        .contains("\n1 ")
        .contains("\n2 ")
        .contains("\n3 ")
        .contains("\nmedian ");
  }

  @Test
  void pictureIsDrawn(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("times.svg");

    Run run = bench("put", "--duration", "20ms", "--plot", file.toString());

    assertThat(run.exitCode()).isZero();
    assertThat(Files.readString(file)).startsWith("<svg ").endsWith("</svg>\n");
  }

  @Test
  void keysThatCannotBeWrittenEndIt() {
    for (int i = 0; i < 100; i++) {
      server.failures.add(Status.PERMISSION_DENIED.withDescription("no").asRuntimeException());
    }

    Run run = bench("put", "--duration", "20ms");

    assertThat(run.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(run.err()).contains("the keys could not be written").hasLineCount(1);
  }
}
