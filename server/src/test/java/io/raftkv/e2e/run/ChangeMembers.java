package io.raftkv.e2e.run;

import io.raftkv.client.Endpoint;
import io.raftkv.client.KvClient;
import io.raftkv.client.Member;
import io.raftkv.client.MembersResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Members come and go under load, until none of the first ones is left. */
@Command(
    name = "change-members",
    sortOptions = false,
    description = {
      "Members come and go under load.",
      "Three members become five by kvd --join, and three again by kvctl cluster remove; then each of",
      "the first three is replaced by kvctl cluster replace, the leader too. Checks that nothing",
      "acknowledged is lost, that the history is linearizable, and that the members agree. Prints the",
      "longest time without an acknowledged write at each step."
    })
final class ChangeMembers extends Run {
  private static final int NEWCOMERS = 5;
  private static final Duration QUIET = Duration.ofSeconds(2);
  private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(1);

  @Option(names = "--writers", description = "Clients that write. Default: ${DEFAULT-VALUE}.")
  private int writers = 4;

  @Option(
      names = "--timeout",
      paramLabel = "MILLIS",
      description = "Of each request. Default: ${DEFAULT-VALUE}.")
  private long timeoutMillis = 5_000;

  @Option(names = "--seed", description = "Of keys. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  private final Map<String, Long> steps = new LinkedHashMap<>();

  @Override
  void run(Path folder, Report report) throws IOException, InterruptedException {
    Duration timeout = Duration.ofMillis(timeoutMillis);
    Recorder recorder = new Recorder();
    Registers registers = new Registers(recorder, seed);
    try (Cluster cluster = newCluster(folder);
        Load load = new Load()) {
      cluster.makeRoom(NEWCOMERS);
      cluster.startFounders();
      List<KvClient> writing =
          IntStream.range(0, writers).mapToObj(i -> cluster.connect(i, timeout)).toList();
      KvClient reading = cluster.connect(0, timeout);
      load.start("writer", writers, (i, round) -> registers.write(i, round, writing.get(i)));
      load.start("reader", 1, (i, round) -> registers.read(writers + i, reading));
      Run.pause(QUIET);

      grow(cluster, report);
      shrink(folder, cluster, report);
      for (int old = 0; old < Cluster.SIZE; old++) {
        replace(folder, cluster, old, Cluster.SIZE + 2 + old, report);
      }
      load.stop();
      long end = System.nanoTime();

      report.figure(
          "load",
          "%d writers, 1 reader, timeout %d ms, %d writes acknowledged, seed %d",
          writers,
          timeoutMillis,
          recorder.acknowledged(),
          seed);
      printGaps(recorder.gaps(), end, report);
      cluster.checkEqualStates(report);
      registers.check(cluster.connect(5, Duration.ofSeconds(30)), writers + 1, report);
    }
  }

  private void printGaps(Gaps gaps, long end, Report report) {
    List<String> names = List.copyOf(steps.keySet());
    List<Long> longest = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      long from = steps.getOrDefault(names.get(i), end);
      long until = i + 1 < names.size() ? steps.getOrDefault(names.get(i + 1), end) : end;
      longest.add(gaps.longest(from, until));
      report.figure("  " + names.get(i), "longest write gap %.0f ms", millis(longest.get(i)));
    }
    Gaps.print(report, "write gap per step", longest);
    long limit = ELECTION_TIMEOUT.multipliedBy(2).toNanos();
    report.check(
        "no gap beyond two election timeouts",
        longest.stream().allMatch(gap -> gap <= limit),
        longest + " ns");
  }

  private void grow(Cluster cluster, Report report) throws InterruptedException {
    for (int member : List.of(3, 4)) {
      begin("join " + cluster.name(member), report);
      cluster.launch(member).awaitReady();
      awaitMembers(cluster, member + 1);
      Run.pause(QUIET);
    }
  }

  private void shrink(Path folder, Cluster cluster, Report report)
      throws IOException, InterruptedException {
    for (int member : List.of(3, 4)) {
      begin("remove " + cluster.name(member), report);
      kvctl(folder, cluster, "cluster", "remove", cluster.name(member), "--wait");
      awaitTold(cluster, member, report);
      Run.pause(QUIET);
    }
  }

  private void replace(Path folder, Cluster cluster, int old, int fresh, Report report)
      throws IOException, InterruptedException {
    boolean isLeader = cluster.awaitLeader() == old;
    begin(
        "replace "
            + cluster.name(old)
            + (isLeader ? ", the leader, by " : " by ")
            + cluster.name(fresh),
        report);
    String address = "127.0.0.1:" + cluster.peerPort(fresh);
    kvctl(folder, cluster, "cluster", "replace", cluster.name(old), cluster.name(fresh), address);
    cluster.launch(fresh).awaitReady();
    awaitMembers(cluster, Cluster.SIZE);
    awaitTold(cluster, old, report);
    Run.pause(QUIET);
  }

  private void begin(String step, Report report) {
    steps.put(step, System.nanoTime());
    report.progress("%s", step);
  }

  /** So many voters, and nobody who joins or leaves. */
  private static void awaitMembers(Cluster cluster, int voters) throws InterruptedException {
    try (KvClient client = cluster.connect(0, Duration.ofSeconds(5))) {
      cluster.await(
          voters + " voters",
          () -> {
            MembersResult members = client.cluster().members();
            return members.members().size() == voters
                && !members.isJoint()
                && members.members().stream().noneMatch(Member::isJoining);
          });
    }
  }

  /** Whoever was removed says so; then it is ended. */
  private static void awaitTold(Cluster cluster, int member, Report report)
      throws InterruptedException {
    cluster.await(
        cluster.name(member) + " says that it was removed",
        () ->
            cluster.process(member).stderr().stream()
                .anyMatch(line -> line.contains("was removed from the cluster")));
    report.progress("%s says that it was removed", cluster.name(member));
    cluster.kill(member);
  }

  private static void kvctl(Path folder, Cluster cluster, String... arguments)
      throws IOException, InterruptedException {
    List<Endpoint> endpoints = cluster.endpoints();
    try (Kvctl kvctl = Kvctl.start(folder, endpoints, arguments)) {
      if (kvctl.exitCode() != 0) {
        throw new AssertionError(String.join(" ", arguments) + ": " + kvctl.stderr());
      }
    }
  }
}
