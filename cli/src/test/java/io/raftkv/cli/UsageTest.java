package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What kvctl says before it asks a server. */
final class UsageTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--unknown",
        "unknown",
        "get",
        "get k --unknown",
        "get k --prefix p",
        "get k --limit 3",
        "get k --rev 0",
        "get k --rev x",
        "get --prefix p --limit 0",
        "get --prefix p --count --reverse",
        "get k --timeout 5",
        "get k --timeout 0s",
        "get k --timeout -1s",
        "get k --timeout 999999999999d",
        "get k --consistency eventual",
        "get k --consistency bounded=soon",
        "get k -o xml",
        "get k --endpoints nonsense",
        "put",
        "put k v more",
        "put k v --if-absent --if-revision 3",
        "put k v --ttl 1y",
        "put k @/does/not/exist",
        "delete",
        "delete k --prefix p",
        "delete --prefix p",
        "get --prefix p --base64",
        "delete --prefix p --yes --base64",
        "get * --base64",
        "get k\ufffd",
        "put k --consistency local v",
        "delete k --consistency local",
        "status --consistency local",
        "scan -o table",
        "import",
        "import /does/not/exist",
        "import - --in-flight 0",
        "bench",
        "bench watch",
        "bench put --clients 0",
        "bench put --keys 0",
        "bench put --value-size 1048577",
        "bench put --repeats 0",
        "bench put --rate -1",
        "bench scan --rate 5",
        "bench put --target redis",
        "cluster",
        "completion fish"
      })
  void wrongUseIsExitCodeTwoAndOneLineOnStandardError(String arguments) {
    Run run = Run.kvctl(arguments.split(" "));

    assertThat(run.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("kvctl: ").endsWith("\n").hasLineCount(1);
  }

  @Test
  void noCommandIsWrongUse() {
    assertThat(Run.kvctl().exitCode()).isEqualTo(ExitCode.INVALID);
  }

  @Test
  void helpAndVersionAreData() {
    assertThat(Run.kvctl("--help").text()).contains("Exit codes", "import");
    assertThat(Run.kvctl("get", "--help").text()).contains("--prefix", "--endpoints");
    assertThat(Run.kvctl("version").text()).startsWith("kvctl ").hasLineCount(1);
    assertThat(Run.kvctl("--version").text()).isEqualTo(Run.kvctl("version").text());
    assertThat(Run.kvctl("version", "-o", "json").text()).startsWith("{\"version\":\"");
    assertThat(Run.kvctl("--help").err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void completionNamesTheCommands(String shell) {
    Run run = Run.kvctl("completion", shell);

    assertThat(run.exitCode()).isZero();
    assertThat(run.text()).contains("complete ", "transfer-leader", "keep", "--endpoints");
  }

  @ParameterizedTest
  @CsvSource({"500ms,500", "5s,5000", "1m,60000", "2h,7200000", "1d,86400000"})
  void durationsCarryTheirUnit(String text, long millis) {
    assertThat(new DurationConverter().convert(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void endpointsComeFromTheEnvironmentUnlessGiven() {
    try (FakeServer server = new FakeServer()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      Map<String, String> environment = Map.of("KVCTL_ENDPOINTS", server.endpoint());
      Console console =
          new Console(new ByteArrayInputStream(new byte[0]), out, err, Set.of(), environment);

      int exitCode = Kvctl.run(console, "get", "--prefix", "", "--count");

      assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
      assertThat(exitCode).isZero();
      assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("0\n");
    }
  }
}
