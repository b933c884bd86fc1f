package io.raftkv.cli;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.KvClient;
import io.raftkv.client.PutOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvctl import}. */
@Command(
    name = "import",
    sortOptions = false,
    description = {
      "Write all entries of a file of JSON lines, as scan makes them; of equal keys the last wins.",
      "Goes on through changes of the leader, and writes each entry once. Keys that are not in the",
      "file stay as they are. --timeout is how long one member may be silent here, 1s by default.",
      "A file with a malformed line is refused before anything is written. Of standard input, the",
      "lines before a malformed one are written and none after it."
    })
final class ImportCommand extends KvctlCommand {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;

  @Parameters(
      index = "0",
      paramLabel = "FILE.jsonl",
      description = "The file; - for standard input.")
  private String file = "";

  @Option(
      names = "--if-absent",
      description =
          "Leave keys that exist as they are, and say how many; of equal keys the first wins.")
  private boolean isIfAbsent;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      description = "Writes under way at most, 1 to 4096. Default: ${DEFAULT-VALUE}.")
  private int inFlight = 128;

  @Option(
      names = "--retry-for",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "Give up when one entry could not be written for so long. Default: 60s.")
  private Duration retryFor = Duration.ofSeconds(60);

  @Override
  int run() throws IOException, InterruptedException {
    if (inFlight < 1 || inFlight > 4096) {
      throw CliException.invalid("--in-flight " + inFlight + " is not between 1 and 4096");
    }
    if (file.equals("-")) {
      return run(new JsonlReader("standard input", console().in()));
    }
    Path path = Path.of(file);
    if (Files.isDirectory(path)) {
      throw CliException.invalid(file + ": is a directory");
    }
    if (Files.isRegularFile(path)) {
      check(path);
    }
    try (InputStream in = Files.newInputStream(path)) {
      return run(new JsonlReader(file, in));
    }
  }

  /** Reads it once to its end, so that a malformed line changes nothing. */
  private void check(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      JsonlReader reader = new JsonlReader(file, in);
      while (reader.next() != null) {
        continue;
      }
    }
  }

  private int run(JsonlReader lines) throws IOException, InterruptedException {
    Duration silence = kvctl().timeoutOr(ClientOptions.DEFAULT_ATTEMPT_TIMEOUT);
    ClientOptions patient =
        kvctl().clientOptions().withTimeout(retryFor).withAttemptTimeout(silence);
    PutOptions options = isIfAbsent ? PutOptions.DEFAULT.withIfAbsent() : PutOptions.DEFAULT;
    try (KvClient client = KvClient.connect(patient)) {
      Importer importer =
          new Importer(
              (key, value) -> client.putAsync(key, value, options),
              inFlight,
              entries -> progress(entries + " entries"));
      sending(importer::account);
      print(importer.run(lines));
    }
    return ExitCode.OK;
  }

  private void print(Importer.Report report) {
    progress("");
    double seconds = report.nanos() / NANOS_PER_SECOND;
    double gapMillis = report.longestGapNanos() / NANOS_PER_MILLI;
    double rate = seconds == 0 ? 0 : report.entries() / seconds;
    if (kvctl().format() == Format.JSON) {
      console()
          .writeLine(
              Json.object(
                  json -> {
                    json.name("entries").value(report.entries());
                    json.name("seconds").value(rounded(seconds));
                    json.name("entries_per_second").value(rounded(rate));
                    json.name("longest_gap_ms").value(rounded(gapMillis));
                    if (isIfAbsent) {
                      json.name("existing").value(report.existing());
                    }
                  }));
    } else if (!kvctl().isQuiet()) {
      console()
          .writeLine(
              String.format(
                  Locale.ROOT,
                  "imported %d entries in %.3f s (%.0f entries/s), longest gap %.0f ms%s",
                  report.entries(),
                  seconds,
                  rate,
                  gapMillis,
                  isIfAbsent ? ", " + report.existing() + " existed" : ""));
    }
  }

  private static double rounded(double number) {
    return Math.round(number * 1_000) / 1_000.0;
  }
}
