package io.raftkv.e2e.run;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Every request is sent twice, answers are lost, leaders die: each write counts once. */
@Command(
    name = "exactly-once",
    sortOptions = false,
    description = {
      "Every request is sent twice, answers are lost, leaders die.",
      "Clients append, half of the workers through the Java client and half of them by the protocol",
      "as it is, through proxies that send every request twice and drop answers, so that it has to be",
      "sent again. Meanwhile the leader is killed (kill -9) and started again 1 s later. Checks that",
      "every append counts once, and that a session that has expired applies nothing."
    })
final class ExactlyOnce extends Run {
  private static final Duration DOWN = Duration.ofSeconds(1);
  private static final String SILENT = "silent";
  private static final Duration SESSION_TTL = Duration.ofSeconds(30);
  private static final Duration SHORT_TTL = Duration.ofSeconds(1);

  /** Longer than any fault. */
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  /** Each with a session of its own, which its workers share. */
  private static final int CLIENTS_OF_A_KIND = 2;

  @Option(names = "--appends", description = "At least so many. Default: ${DEFAULT-VALUE}.")
  private long appends = 100_000;

  @Option(names = "--kills", description = "Of the leader. Default: ${DEFAULT-VALUE}.")
  private int kills = 20;

  @Option(names = "--workers", description = "Half of each kind. Default: ${DEFAULT-VALUE}.")
  private int workers = 32;

  @Option(
      names = "--drop",
      paramLabel = "FRACTION",
      description = "Of the answers. Default: ${DEFAULT-VALUE}.")
  private double dropped = 0.3;

  @Option(names = "--seed", description = "Of the proxies. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Override
  void run(Path folder, Report report) throws InterruptedException {
    Appends work = new Appends(workers);
    try (Cluster cluster = newCluster(folder);
        Proxies proxies = new Proxies(cluster);
        Load load = new Load()) {
      cluster.start();
      try (Clients clients = new Clients(proxies.endpoints())) {
        long beganNanos = System.nanoTime();
        load.start("appender", workers, (i, round) -> work.append(i, round, clients.of(i)));
        for (int i = 0; i < kills; i++) {
          awaitAppends(cluster, work, work.acknowledged() + appends / (kills + 1));
          killLeader(cluster);
          report.progress("%d of %d, %d appends", i + 1, kills, work.acknowledged());
        }
        awaitAppends(cluster, work, appends);
        load.stop();
        double seconds = (System.nanoTime() - beganNanos) / 1e9;

        report.figure("faults", "%d x SIGKILL of the leader", kills);
        report.figure(
            "load",
            "%d workers, half of each kind, %.0f appends/s for %.0f s, seed %d",
            workers,
            work.acknowledged() / seconds,
            seconds,
            seed);
        report.figure("requests sent twice", "%d", proxies.sum(LossyProxy::copies));
        report.figure("answers dropped", "%d", proxies.sum(LossyProxy::drops));
        report.check(
            "both copies of a request are told the same",
            proxies.sum(LossyProxy::differences) == 0,
            proxies.sum(LossyProxy::differences) + " are not");
      }
      KvClient client = cluster.connect(0, TIMEOUT);
      work.check(client, report);
      checkExpiry(cluster, client, proxies.endpoints(), report);
      cluster.checkEqualStates(report);
    }
  }

  private static void awaitAppends(Cluster cluster, Appends work, long count)
      throws InterruptedException {
    cluster.await(count + " appends", () -> work.acknowledged() >= count);
  }

  private static void killLeader(Cluster cluster) throws InterruptedException {
    int leader = cluster.awaitLeader();
    cluster.kill(leader);
    Run.pause(DOWN);
    cluster.launch(leader).awaitReady();
    cluster.awaitFollower(leader);
  }

  /** A client falls silent for longer than its session lives, and then goes on. */
  private static void checkExpiry(
      Cluster cluster, KvClient client, List<Endpoint> endpoints, Report report)
      throws InterruptedException {
    try (RawAppender silent = new RawAppender(endpoints, SHORT_TTL)) {
      silent.put(SILENT, "first", OptionalLong.empty());
      cluster.await("the session expires", () -> !isOpen(client, silent.session()));
      List<String> refusals =
          List.of(silent.refusal(SILENT, "first", 1), silent.refusal(SILENT, "second", 2));
      report.check(
          "an expired session says so",
          refusals.stream().allMatch("SESSION_EXPIRED"::equals),
          String.join(", ", refusals));
      long version = client.get(SILENT).kv().map(KeyValue::version).orElse(0L);
      report.check("and applies nothing", version == 1, "applied " + version + " times");
    }
  }

  private static boolean isOpen(KvClient client, long session) {
    return client.sessions().list(session - 1).sessions().stream()
        .anyMatch(open -> open.id() == session);
  }

  /** One before each member, and that is where clients find it. */
  private final class Proxies implements AutoCloseable {
    private final List<LossyProxy> all = new ArrayList<>();

    Proxies(Cluster cluster) {
      for (int member = 0; member < Cluster.SIZE; member++) {
        all.add(new LossyProxy(cluster.endpoints(), member, dropped, seed + member));
        cluster.advertise(member, all.get(member).endpoint());
      }
    }

    List<Endpoint> endpoints() {
      return all.stream().map(LossyProxy::endpoint).toList();
    }

    long sum(ToLongFunction<LossyProxy> figure) {
      return all.stream().mapToLong(figure).sum();
    }

    @Override
    public void close() {
      all.forEach(LossyProxy::close);
    }
  }

  /** Two of each kind. */
  private static final class Clients implements AutoCloseable {
    private final List<RawAppender> raw = new ArrayList<>();
    private final List<KvClient> ofJava = new ArrayList<>();
    private final List<Appender> all = new ArrayList<>();

    Clients(List<Endpoint> endpoints) {
      for (int i = 0; i < CLIENTS_OF_A_KIND; i++) {
        raw.add(new RawAppender(endpoints, SESSION_TTL));
        ofJava.add(KvClient.connect(ClientOptions.of(endpoints).withTimeout(TIMEOUT)));
        all.add(raw.get(i));
        all.add(new SdkAppender(ofJava.get(i)));
      }
    }

    Appender of(int worker) {
      return all.get(worker % all.size());
    }

    @Override
    public void close() {
      raw.forEach(RawAppender::close);
      ofJava.forEach(KvClient::close);
    }
  }
}
