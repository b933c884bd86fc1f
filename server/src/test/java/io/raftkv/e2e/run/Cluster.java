package io.raftkv.e2e.run;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.HashResult;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.MemberRole;
import io.raftkv.client.MemberStatus;
import io.raftkv.e2e.KvdCluster;
import io.raftkv.e2e.KvdProcess;
import io.raftkv.e2e.MemberSites;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Members with the default timeouts, and what is done to them. Members are counted from 0. Used by
 * one thread.
 */
final class Cluster implements AutoCloseable {
  /** Members, unless a run says otherwise. */
  static final int SIZE = 3;

  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration WAIT_MAX = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(20);

  private final KvdCluster members;
  private final KvClient control;
  private final List<KvClient> clients = new ArrayList<>();
  private final Set<Integer> paused = new HashSet<>();

  Cluster(
      Path folder,
      int size,
      KvdProcess.Program program,
      List<String> arguments,
      MemberSites sites) {
    members = new KvdCluster(folder, size, program, arguments, sites);
    control = KvClient.connect(ClientOptions.of(members.endpoints()).withTimeout(ASK_TIMEOUT));
  }

  int size() {
    return members.size();
  }

  /** Places for more members, which join when they are launched. */
  void makeRoom(int more) {
    for (int i = 0; i < more; i++) {
      members.add();
    }
  }

  String name(int member) {
    return members.name(member);
  }

  /** Clients are to reach this member here; said before it is started. */
  void advertise(int member, Endpoint address) {
    members.advertise(member, address);
  }

  /** Starts the first members and waits for a leader. */
  void startFounders() throws InterruptedException {
    for (int member = 0; member < SIZE; member++) {
      members.launch(member);
    }
    for (int member = 0; member < SIZE; member++) {
      members.process(member).awaitReady();
    }
    awaitLeader();
  }

  int peerPort(int member) {
    return members.peerPort(member);
  }

  /** Starts all and waits for a leader. */
  void start() throws InterruptedException {
    members.start();
    awaitLeader();
  }

  Path dataDir(int member) {
    return members.dataDir(member);
  }

  /** What a member is started with. */
  List<String> arguments(int member) {
    return members.arguments(member);
  }

  List<Endpoint> endpoints() {
    return members.endpoints();
  }

  Endpoint endpoint(int member) {
    return members.endpoint(member);
  }

  KvdProcess process(int member) {
    return members.process(member);
  }

  /** A client of all members, closed with this; {@code number} says where it starts. */
  KvClient connect(int number, Duration timeout) {
    List<Endpoint> endpoints = new ArrayList<>(members.endpoints());
    Collections.rotate(endpoints, number);
    return connect(ClientOptions.of(endpoints).withTimeout(timeout));
  }

  /** A client that asks one member first, closed with this. */
  KvClient connectTo(int member, Duration timeout) {
    return connect(ClientOptions.of(List.of(endpoint(member))).withTimeout(timeout));
  }

  /** The same, and its writes are not exactly-once. */
  KvClient connectToWithoutSession(int member, Duration timeout) {
    return connect(
        ClientOptions.of(List.of(endpoint(member))).withTimeout(timeout).withoutSession());
  }

  /** A client of all members whose writes are not exactly-once, closed with this. */
  KvClient connectWithoutSession(Duration timeout) {
    return connect(ClientOptions.of(members.endpoints()).withTimeout(timeout).withoutSession());
  }

  private KvClient connect(ClientOptions options) {
    KvClient client = KvClient.connect(options);
    clients.add(client);
    return client;
  }

  /** Empty if it does not answer soon. */
  Optional<MemberStatus> status(int member) {
    return statuses(List.of(member)).get(0);
  }

  private List<Optional<MemberStatus>> statuses(List<Integer> asked) {
    List<CompletableFuture<MemberStatus>> answers =
        asked.stream().map(member -> control.maintenance().statusAsync(endpoint(member))).toList();
    return answers.stream().map(Cluster::result).toList();
  }

  private static <T> Optional<T> result(CompletableFuture<T> answer) {
    try {
      return Optional.of(answer.join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof KvException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The one that leads the latest term, as far as those tell that answer. */
  Optional<Integer> leader() {
    List<Integer> asked = new ArrayList<>(members.runningMembers());
    asked.removeAll(paused);
    List<Optional<MemberStatus>> statuses = statuses(asked);
    Optional<Integer> leader = Optional.empty();
    long term = 0;
    for (int i = 0; i < asked.size(); i++) {
      Optional<MemberStatus> status = statuses.get(i);
      if (status.isPresent()
          && status.get().role() == MemberRole.LEADER
          && status.get().header().term() > term) {
        leader = Optional.of(asked.get(i));
        term = status.get().header().term();
      }
    }
    return leader;
  }

  int awaitLeader() throws InterruptedException {
    int[] found = {-1};
    await(
        "a leader",
        () -> {
          leader().ifPresent(leader -> found[0] = leader);
          return found[0] >= 0;
        });
    return found[0];
  }

  /** What the leader has committed, and its term. */
  MemberStatus leaderStatus() throws InterruptedException {
    while (true) {
      Optional<MemberStatus> status = status(awaitLeader());
      if (status.isPresent()) {
        return status.get();
      }
    }
  }

  /** SIGKILL; when it was sent. */
  long kill(int member) {
    long nanos = System.nanoTime();
    members.process(member).kill();
    return nanos;
  }

  /** SIGKILL to all; when the first was sent. */
  long killAll() {
    long nanos = System.nanoTime();
    members.killAll();
    return nanos;
  }

  /** SIGSTOP; when it was sent. */
  long pause(int member) {
    long nanos = System.nanoTime();
    members.process(member).pauseProcess();
    paused.add(member);
    return nanos;
  }

  /** SIGCONT. */
  void resume(int member) {
    members.process(member).resumeProcess();
    paused.remove(member);
  }

  /** Starts a member and does not wait. */
  KvdProcess launch(int member) {
    paused.remove(member);
    return members.launch(member);
  }

  /** Starts all at once; returns when all are ready. */
  void startAll() {
    paused.clear();
    members.start();
  }

  /** Waits until a member follows and has applied what is committed now. */
  void awaitFollower(int member) throws InterruptedException {
    long commitIndex = leaderStatus().commitIndex();
    await(
        "member " + (member + 1) + " follows",
        () ->
            status(member)
                .filter(status -> status.role() == MemberRole.FOLLOWER)
                .filter(status -> status.header().leaderId() != 0)
                .filter(status -> status.appliedIndex() >= commitIndex)
                .isPresent());
  }

  /** Waits until a member has applied what is committed now, as a follower or as the leader. */
  void awaitFollowing(int member) throws InterruptedException {
    long commitIndex = leaderStatus().commitIndex();
    await(
        name(member) + " has what is committed",
        () ->
            status(member)
                .filter(status -> status.header().leaderId() != 0)
                .filter(status -> status.appliedIndex() >= commitIndex)
                .isPresent());
  }

  /** Whether every member answers and has applied what the leader has committed. */
  boolean haveAllCommitted() {
    List<Optional<MemberStatus>> all = statuses(IntStream.range(0, size()).boxed().toList());
    OptionalLong committed =
        all.stream()
            .flatMap(Optional::stream)
            .filter(status -> status.role() == MemberRole.LEADER)
            .mapToLong(MemberStatus::commitIndex)
            .max();
    return committed.isPresent()
        && all.stream()
            .allMatch(
                status ->
                    status.isPresent()
                        && status.get().appliedIndex() >= committed.getAsLong()
                        && status.get().header().leaderId() != 0);
  }

  List<Integer> runningMembers() {
    return members.runningMembers();
  }

  void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + WAIT_MAX.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("waited in vain: " + what + "\n" + describe());
      }
      Run.pause(POLL);
    }
  }

  private String describe() {
    StringBuilder text = new StringBuilder();
    for (int member : members.runningMembers()) {
      text.append("member ").append(member + 1).append(": ");
      text.append(process(member).isAlive() ? "runs " : "ended ");
      text.append(status(member).map(Object::toString).orElse("no answer")).append('\n');
      List<String> log = process(member).stderr();
      log.subList(Math.max(0, log.size() - 10), log.size())
          .forEach(line -> text.append("    ").append(line).append('\n'));
    }
    return text.toString();
  }

  /** Of each member at one revision, when nothing is written any more. */
  void checkEqualStates(Report report) throws InterruptedException {
    LongSupplier distinct =
        () ->
            statuses(members.runningMembers()).stream()
                .map(
                    status ->
                        status.map(s -> s.appliedIndex() + ":" + s.stateHash()).orElse("no answer"))
                .distinct()
                .count();
    await("equal states", () -> distinct.getAsLong() == 1);
    MemberStatus status = leaderStatus();
    report.check("state hashes equal", true, "");
    report.figure(
        "  at",
        "index %d: %s, %d keys",
        status.appliedIndex(),
        Long.toHexString(status.stateHash()),
        status.keys());

    try (KvClient patient =
        KvClient.connect(
            ClientOptions.of(members.endpoints()).withTimeout(Duration.ofSeconds(30)))) {
      long revision = status.header().revision();
      List<HashResult> hashes = new ArrayList<>();
      for (int member : members.runningMembers()) {
        hashes.add(patient.maintenance().hash(endpoint(member), revision));
      }
      List<String> values = hashes.stream().map(hash -> Long.toHexString(hash.hash())).toList();
      report.check(
          "store hashes equal", values.stream().distinct().count() == 1, String.join(" ", values));
      report.figure(
          "  at", "revision %d: %s, %d keys", revision, values.get(0), hashes.get(0).keys());
    }
  }

  /** A figure of a member's metrics page; 0 if it is not there. */
  double metric(int member, String line) throws IOException, InterruptedException {
    String address = endpoint(member).host() + ":" + members.opsPort(member);
    URI uri = URI.create("http://" + address + "/metrics");
    HttpResponse<String> page =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    return page.body()
        .lines()
        .filter(candidate -> candidate.startsWith(line + " "))
        .mapToDouble(candidate -> Double.parseDouble(candidate.substring(line.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() {
    clients.forEach(KvClient::close);
    control.close();
    members.close();
  }
}
