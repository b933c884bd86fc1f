package io.raftkv.e2e.run;

import io.raftkv.client.ReadOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Everything at once, for as long as one likes. */
@Command(
    name = "chaos",
    sortOptions = false,
    description = {
      "Everything at once, in rounds.",
      "Kill -9 of one and of all, power cuts, SIGSTOP, syncs that hang or fail, full disks, cut links",
      "and lost packets, leadership handed over: some of them in a round, overlapping, half of them",
      "around the leader. Then all is healed, and the round is judged: nothing acknowledged is lost, the",
      "history is linearizable, the members agree. What a round does follows from --seed; when exactly",
      "and to which leader does not. Needs root, gcc, ip and tc."
    })
final class Chaos extends Run {
  private static final int FAULTS_MAX = 6;
  private static final int PAUSE_MILLIS_MAX = 3_000;
  private static final Duration QUIET = Duration.ofSeconds(1);

  @Option(names = "--minutes", description = "For how long. Default: ${DEFAULT-VALUE}.")
  private long minutes = 60;

  @Option(names = "--members", description = "3 or 5. Default: ${DEFAULT-VALUE}.")
  private int members = 3;

  @Mixin private LoadOptions load = new LoadOptions();

  private final Map<ChaosFault, Integer> counts = new EnumMap<>(ChaosFault.class);

  @Override
  long minutesMax() {
    return minutes + super.minutesMax();
  }

  @Override
  boolean needsOwnNetwork() {
    return true;
  }

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
    long acknowledged = 0;
    int round = 0;
    try (Stage stage = new Stage(folder, members);
        Scene scene = new Scene(newCluster(folder, members, stage.sites(), "--insecure"), load)) {
      scene.start(ReadOptions.DEFAULT);
      do {
        if (round++ > 0) {
          scene.restart("r" + round + "/");
        }
        // A round is the same whatever came before it.
        int faults = strike(stage, scene, new Random(31 * load.seed + round));
        stage.heal(scene.cluster);
        Run.pause(QUIET);
        judge(scene, round, faults, report);
        acknowledged += scene.recorder().acknowledged();
      } while (System.nanoTime() - end < 0 && report.isGood());
      report.figure("rounds", "%d, %d members, seed %d", round, members, load.seed);
      report.figure("faults", "%s", counts);
      report.figure("acknowledged writes", "%d", acknowledged);
    }
  }

  private int strike(Stage stage, Scene scene, Random random)
      throws IOException, InterruptedException {
    int faults = 1 + random.nextInt(FAULTS_MAX);
    for (int i = 0; i < faults; i++) {
      ChaosFault[] all = ChaosFault.values();
      ChaosFault fault = all[random.nextInt(all.length)];
      boolean isLeader = random.nextBoolean();
      int member = random.nextInt(members);
      if (random.nextBoolean()) {
        stage.launchDead(scene.cluster);
      }
      int pause = random.nextInt(PAUSE_MILLIS_MAX);
      Optional<Integer> leader = isLeader ? scene.cluster.leader() : Optional.empty();
      fault.strike(stage, scene, leader.orElse(member), random);
      counts.merge(fault, 1, Integer::sum);
      Run.pause(Duration.ofMillis(pause));
    }
    return faults;
  }

  /** Prints one line, or all there is to say if something does not hold. */
  private void judge(Scene scene, int round, int faults, Report report)
      throws InterruptedException {
    StringWriter text = new StringWriter();
    Report details = new Report(new PrintWriter(text, true));
    scene.judge(details);
    report.progress(
        "round %d: %d fault(s), %d writes acknowledged",
        round, faults, scene.recorder().acknowledged());
    if (!details.isGood()) {
      report.check("round " + round, false, text.toString());
    }
  }

  /** By a disk that was full, or failed, or had no power. */
  @Override
  boolean isExpected(String line) {
    return line.contains("I/O error")
        || line.contains("Input/output error")
        || line.contains("No space left");
  }
}
