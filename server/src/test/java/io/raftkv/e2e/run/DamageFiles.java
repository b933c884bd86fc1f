package io.raftkv.e2e.run;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.MemberRole;
import io.raftkv.client.PutOptions;
import io.raftkv.e2e.KvdProcess;
import io.raftkv.e2e.run.DamageTally.Outcome;
import io.raftkv.server.OpenedMember;
import io.raftkv.server.OpenedMember.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Files of members are damaged, and what a start makes of them is judged. */
@Command(
    name = "damage",
    sortOptions = false,
    description = {
      "Files of members are damaged at random.",
      "First, copies of the folders of two members, one stopped in order and one killed, are damaged",
      "in one place each and opened as a start does: whether the damage is noticed, or harmless since",
      "the member remembers the same to the byte. Then members are stopped or killed under load,",
      "damaged and started, and have to come back. Checks that no wrong value is ever recovered, that",
      "every member comes back, that nothing acknowledged is lost and that the history is",
      "linearizable."
    })
final class DamageFiles extends Run {
  private static final String[] ARGUMENTS = {
    "--snapshot-entries", "4000", "--trailing-entries", "3000", "--segment-bytes", "1MiB"
  };
  private static final int ENTRIES = 10_000;
  private static final int KEYS = 3_000;
  private static final int VALUE_BYTES = 600;
  private static final int IN_FLIGHT = 64;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final int REPORT_EVERY = 100;

  @Option(names = "--times", description = "Damages to copies. Default: ${DEFAULT-VALUE}.")
  private int times = 1_000;

  @Option(
      names = "--starts",
      description = "Damages to members that are started. Default: ${DEFAULT-VALUE}.")
  private int starts = 40;

  @Option(names = "--seed", description = "Of the damages. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  private static final int TURNED_AWAY = 4;

  private final Recorder recorder = new Recorder();
  private int turnedAway;

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    Random random = new Random(seed);
    try (Cluster cluster = newCluster(folder, ARGUMENTS);
        Load load = new Load()) {
      cluster.start();
      KvClient client = cluster.connect(0, TIMEOUT);
      fill(client, random);
      Registers registers = new Registers(recorder, seed);
      load.start("writer", 2, (i, round) -> registers.write(i, round, client));
      load.start("reader", 1, (i, round) -> registers.read(2, client));

      damageCopies(folder, cluster, random, report);
      damageMembers(cluster, random, report);

      load.stop();
      cluster.checkEqualStates(report);
      registers.check(cluster.connect(0, Duration.ofSeconds(30)), 3, report);
    }
  }

  private static void fill(KvClient client, Random random) {
    List<CompletableFuture<?>> underWay = new ArrayList<>();
    for (int i = 0; i < ENTRIES; i++) {
      byte[] value = new byte[VALUE_BYTES];
      random.nextBytes(value);
      underWay.add(
          client.putAsync(
              ByteSequence.of("filled/" + random.nextInt(KEYS)),
              ByteSequence.wrap(value),
              PutOptions.DEFAULT));
      if (underWay.size() == IN_FLIGHT) {
        underWay.forEach(CompletableFuture::join);
        underWay.clear();
      }
    }
    underWay.forEach(CompletableFuture::join);
  }

  // --- copies ------------------------------------------------------------------------------------

  private void damageCopies(Path folder, Cluster cluster, Random random, Report report)
      throws IOException, InterruptedException {
    DamageTally all = new DamageTally();
    for (boolean isKilled : List.of(false, true)) {
      int member = (cluster.awaitLeader() + 1) % Cluster.SIZE;
      stop(cluster, member, isKilled);
      Path pristine = folder.resolve(isKilled ? "killed" : "stopped");
      copy(cluster.dataDir(member), pristine);
      cluster.launch(member).awaitReady();
      cluster.awaitFollower(member);
      damageCopiesOf(pristine, cluster.arguments(member), isKilled, random, all, report);
    }
    report.figure("damages to copies", "%d", 2 * (times / 2));
    all.print(report);
    report.check("no wrong value", all.of(Outcome.WRONG) == 0, all.of(Outcome.WRONG) + " wrong");
  }

  private void damageCopiesOf(
      Path pristine,
      List<String> arguments,
      boolean isKilled,
      Random random,
      DamageTally tally,
      Report report)
      throws IOException {
    Path copy = pristine.resolveSibling("copy");
    copy(pristine, copy);
    Memory undamaged = open(copy, arguments).memory().orElseThrow();
    report.figure(
        isKilled ? "a member that was killed" : "a member that was stopped",
        "%.1f MB in %d files, entries up to %d",
        size(pristine) / 1e6,
        count(pristine),
        undamaged.lastIndex());
    for (int i = 1; i <= times / 2; i++) {
      delete(copy);
      copy(pristine, copy);
      Damage damage = Damage.draw(copy, random);
      damage.to(copy);
      OpenedMember opened = open(copy, arguments);
      Outcome outcome = judge(opened, undamaged, isKilled);
      tally.count(damage, outcome);
      if (outcome == Outcome.WRONG || outcome == Outcome.REFUSED) {
        report.progress("%s: %s %s", damage, outcome, opened.refusal().orElse(""));
      }
      if (i % REPORT_EVERY == 0) {
        report.progress("%d of %d", i, times / 2);
      }
    }
    delete(copy);
  }

  private static OpenedMember open(Path copy, List<String> arguments) {
    List<String> other = new ArrayList<>(arguments);
    other.set(other.indexOf("--data-dir") + 1, copy.toString());
    return OpenedMember.open(copy, other);
  }

  private static Outcome judge(OpenedMember opened, Memory undamaged, boolean isKilled) {
    if (opened.memory().isEmpty()) {
      return opened.isDamaged() ? Outcome.DETECTED : Outcome.REFUSED;
    }
    Memory memory = opened.memory().get();
    if (memory.equals(undamaged)) {
      return Outcome.HARMLESS;
    }
    // What was written since the latest note of what is durable cannot be told from a torn write.
    boolean isTorn =
        isKilled && memory.isPrefixOf(undamaged) && memory.lastIndex() < undamaged.lastIndex();
    return isTorn ? Outcome.TORN : Outcome.WRONG;
  }

  // --- members -----------------------------------------------------------------------------------

  private void damageMembers(Cluster cluster, Random random, Report report)
      throws IOException, InterruptedException {
    int repaired = 0;
    int unharmed = 0;
    long longestNanos = 0;
    for (int i = 1; i <= starts; i++) {
      int member = random.nextInt(Cluster.SIZE);
      stop(cluster, member, random.nextBoolean());
      Damage damage = Damage.draw(cluster.dataDir(member), random);
      damage.to(cluster.dataDir(member));
      long start = System.nanoTime();
      KvdProcess process = startAgain(cluster, member, report);
      boolean isRepaired =
          process.stderr().stream().anyMatch(line -> line.contains("takes the place of"));
      if (isRepaired) {
        repaired++;
        cluster.await(
            "member " + (member + 1) + " votes again",
            () ->
                process.stderr().stream()
                    .anyMatch(line -> line.contains("is repaired and votes again")));
        longestNanos = Math.max(longestNanos, System.nanoTime() - start);
        deleteAside(cluster.dataDir(member));
      } else {
        unharmed++;
      }
      report.progress(
          "%d of %d: %s of %s: %s",
          i, starts, damage.kind(), damage.part(), isRepaired ? "repaired" : "harmless");
    }
    report.figure(
        "members damaged and started", "%d: %d repaired, %d unharmed", starts, repaired, unharmed);
    report.figure("  turned away by the others first", "%d", turnedAway);
    report.figure("  until it votes again", "at most %.1f s", millis(longestNanos) / 1e3);
    report.check("every member comes back", repaired + unharmed == starts, "");
  }

  /**
   * A folder that no longer says whom it has met looks like a new one. The others know better: its
   * member ends, and its next start is that of a new member in its place.
   */
  private KvdProcess startAgain(Cluster cluster, int member, Report report)
      throws InterruptedException {
    KvdProcess process = cluster.launch(member);
    long commitIndex = cluster.leaderStatus().commitIndex();
    cluster.await(
        cluster.name(member) + " follows, or has ended",
        () ->
            !process.isAlive()
                || cluster
                    .status(member)
                    .filter(status -> status.role() == MemberRole.FOLLOWER)
                    .filter(status -> status.header().leaderId() != 0)
                    .filter(status -> status.appliedIndex() >= commitIndex)
                    .isPresent());
    if (process.isAlive()) {
      return process;
    }
    turnedAway++;
    report.check(
        "a member that is turned away says why",
        process.awaitExit() == TURNED_AWAY && process.stderr().stream().anyMatch(this::isExpected),
        process.stderrText());
    KvdProcess again = cluster.launch(member).awaitReady();
    cluster.awaitFollower(member);
    return again;
  }

  @Override
  boolean isExpected(String line) {
    return line.contains("came with another data directory before");
  }

  private static void stop(Cluster cluster, int member, boolean isKilled)
      throws InterruptedException {
    Run.pause(QUIET);
    if (isKilled) {
      cluster.kill(member);
    } else {
      cluster.process(member).terminate();
      cluster.process(member).awaitExit();
    }
  }

  /** As an operator does, who needs the room. */
  private static void deleteAside(Path dataDir) throws IOException {
    for (Path aside : list(dataDir)) {
      if (String.valueOf(aside.getFileName()).startsWith("damaged-")) {
        delete(aside);
      }
    }
  }

  // --- folders -----------------------------------------------------------------------------------

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static List<Path> walk(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.sorted().toList();
    }
  }

  private static long count(Path folder) throws IOException {
    return walk(folder).stream().filter(Files::isRegularFile).count();
  }

  private static long size(Path folder) throws IOException {
    long size = 0;
    for (Path file : walk(folder)) {
      size += Files.isRegularFile(file) ? Files.size(file) : 0;
    }
    return size;
  }

  private static void copy(Path from, Path to) throws IOException {
    for (Path file : walk(from)) {
      Path target = to.resolve(from.relativize(file).toString());
      Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  private static void delete(Path folder) throws IOException {
    for (Path file : walk(folder).stream().sorted(Comparator.reverseOrder()).toList()) {
      Files.delete(file);
    }
  }
}
