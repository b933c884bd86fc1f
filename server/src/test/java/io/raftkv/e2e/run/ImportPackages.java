package io.raftkv.e2e.run;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.raftkv.client.Endpoint;
import io.raftkv.client.MemberStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A package list goes in through kvctl, and comes out of every member as it was. */
@Command(
    name = "import",
    sortOptions = false,
    description = {
      "A package list goes in through kvctl.",
      "Imports a list of Debian packages with kvctl import, kills the leader (kill -9) when half is",
      "in, and starts it again. Checks that kvctl scan of each member gives back every stanza byte",
      "for byte, and that all states are equal."
    })
final class ImportPackages extends Run {
  private static final Duration DOWN = Duration.ofSeconds(1);
  private static final Duration POLL = Duration.ofMillis(20);

  @Parameters(
      index = "0",
      paramLabel = "PACKAGES_FILE",
      description = {
        "Not compressed. Where apt keeps one: /var/lib/apt/lists/*_Packages*; of a compressed one",
        "\"/usr/lib/apt/apt-helper cat-file FILE\" makes it."
      })
  private Path file = Path.of("");

  @Option(
      names = "--kill-at",
      paramLabel = "FRACTION",
      description = "Of the keys, when the leader is killed. Default: ${DEFAULT-VALUE}.")
  private double killAt = 0.5;

  @Option(
      names = "--stanzas",
      paramLabel = "N",
      description = "Only the first so many. Default: all.")
  private int stanzasMax = Integer.MAX_VALUE;

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    List<Packages.Stanza> all = Packages.read(file);
    List<Packages.Stanza> stanzas = all.subList(0, Math.min(stanzasMax, all.size()));
    Map<String, byte[]> expected = Packages.byKey(stanzas);
    Path lines = folder.resolve("packages.jsonl");
    Packages.writeJsonLines(stanzas, lines);
    report.figure(
        "input",
        "%d stanzas, %d keys, %.1f MB of values",
        stanzas.size(),
        expected.size(),
        stanzas.stream().mapToLong(stanza -> stanza.value().length).sum() / 1e6);
    try (Cluster cluster = newCluster(folder)) {
      warmUp(folder, cluster.endpoints());
      cluster.start();
      try (Kvctl kvctl =
          Kvctl.start(folder, cluster.endpoints(), "-o", "json", "import", lines.toString())) {
        killLeaderInTheMiddle(cluster, kvctl, (long) (expected.size() * killAt), report);
        int code = kvctl.exitCode();
        report.check("kvctl import exits with 0", code == 0, code + ": " + kvctl.stderr());
        print(kvctl.stdout(), stanzas.size(), report);
      }
      cluster.checkEqualStates(report);
      for (int member = 0; member < Cluster.SIZE; member++) {
        compare(folder, cluster, member, expected, report);
      }
    }
  }

  /** In a fresh tree the first run builds the program. */
  private static void warmUp(Path folder, List<Endpoint> endpoints)
      throws IOException, InterruptedException {
    try (Kvctl kvctl = Kvctl.start(folder, endpoints, "version")) {
      if (kvctl.exitCode() != 0) {
        throw new IllegalStateException("kvctl does not run: " + kvctl.stderr());
      }
    }
  }

  private static void killLeaderInTheMiddle(Cluster cluster, Kvctl kvctl, long keys, Report report)
      throws InterruptedException {
    int leader = cluster.awaitLeader();
    while (kvctl.isAlive()) {
      Optional<MemberStatus> status = cluster.status(leader);
      if (status.isPresent() && status.get().keys() >= keys) {
        cluster.kill(leader);
        report.check("leader killed in the middle", kvctl.isAlive(), "the import had ended");
        report.figure("  at", "%d keys", status.get().keys());
        Run.pause(DOWN);
        cluster.launch(leader).awaitReady();
        return;
      }
      Run.pause(POLL);
    }
    report.check("leader killed in the middle", false, "the import ended before");
  }

  private static void print(String json, int stanzas, Report report) {
    if (json.isEmpty()) {
      return;
    }
    JsonObject answer = JsonParser.parseString(json).getAsJsonObject();
    report.check("every stanza is written", answer.get("entries").getAsLong() == stanzas, json);
    report.figure(
        "kvctl import",
        "%s s, %s entries/s",
        answer.get("seconds").getAsString(),
        answer.get("entries_per_second").getAsString());
    report.figure("  longest write gap", "%s ms", answer.get("longest_gap_ms").getAsString());
  }

  private static void compare(
      Path folder, Cluster cluster, int member, Map<String, byte[]> expected, Report report)
      throws IOException, InterruptedException {
    Path out = folder.resolve("scan-" + (member + 1) + ".jsonl");
    try (Kvctl kvctl =
        Kvctl.start(
            folder,
            List.of(cluster.endpoint(member)),
            "--consistency",
            "local",
            "scan",
            "--out",
            out.toString())) {
      if (kvctl.exitCode() != 0) {
        report.check("kvctl scan of member " + (member + 1), false, kvctl.stderr());
        return;
      }
    }
    Map<String, byte[]> found = Packages.readJsonLines(out);
    long different =
        expected.entrySet().stream()
            .filter(entry -> !Arrays.equals(entry.getValue(), found.get(entry.getKey())))
            .count();
    long foreign = found.keySet().stream().filter(key -> !expected.containsKey(key)).count();
    report.check(
        "member " + (member + 1) + " gives back every byte",
        different == 0 && foreign == 0,
        different + " missing or different, " + foreign + " that were never written");
    Files.delete(out);
  }
}
