package io.raftkv.e2e;

import io.raftkv.client.ClientOptions;
import io.raftkv.client.Endpoint;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.MemberRole;
import io.raftkv.client.MemberStatus;
import io.raftkv.raft.Failpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Members n1, n2, ... in processes of their own, with their data in one folder. Members are counted
 * from 0 here. Used by one thread.
 */
public final class KvdCluster implements AutoCloseable {
  private static final Duration ELECTED_MAX = Duration.ofSeconds(60);

  /** Long: on a busy machine a process may not run for seconds. */
  private static final Duration CALL_MAX = Duration.ofSeconds(30);

  private static final class Member {
    final String name;
    final int clientPort = FreePorts.next();
    final int foundingPeerPort = FreePorts.next();
    int peerPort = foundingPeerPort;
    final int opsPort = FreePorts.next();
    @Nullable Endpoint advertised;
    @Nullable KvdProcess process;

    Member(String name) {
      this.name = name;
    }
  }

  private final Path folder;
  private final List<Member> members;
  private final int founders;
  private final List<String> extraArguments;
  private final KvdProcess.Program program;
  private final MemberSites sites;
  private final KvClient client;

  /**
   * Not started yet. Every member also gets the extra arguments. Files of the log are small unless
   * these say otherwise, so that a member starts quickly.
   */
  public KvdCluster(Path folder, int size, String... extraArguments) {
    this(folder, size, KvdProcess.Program.classes(KvdProcess.QUICK_JVM), List.of(extraArguments));
  }

  public KvdCluster(
      Path folder, int size, KvdProcess.Program program, List<String> extraArguments) {
    this(folder, size, program, extraArguments, MemberSites.LOOPBACK);
  }

  public KvdCluster(
      Path folder,
      int size,
      KvdProcess.Program program,
      List<String> extraArguments,
      MemberSites sites) {
    this.folder = folder;
    this.sites = sites;
    this.members =
        IntStream.rangeClosed(1, size)
            .mapToObj(i -> new Member("n" + i))
            .collect(Collectors.toCollection(ArrayList::new));
    this.founders = size;
    this.extraArguments = List.copyOf(extraArguments);
    this.program = program;
    this.client = client(CALL_MAX);
  }

  /**
   * A place for one more member, which joins the others when it is started.
   *
   * @return its number
   */
  public int add() {
    members.add(new Member("n" + (members.size() + 1)));
    return members.size() - 1;
  }

  /** The others are to reach this member on another port; said while it does not run. */
  public void move(int member) {
    members.get(member).peerPort = FreePorts.next();
  }

  public String name(int member) {
    return members.get(member).name;
  }

  /** Clients are to reach this member here; said before it is started. */
  public void advertise(int member, Endpoint address) {
    members.get(member).advertised = address;
  }

  /** Starts all members and waits until each is ready. */
  public KvdCluster start() {
    for (int i = 0; i < members.size(); i++) {
      launch(i);
    }
    for (int i = 0; i < members.size(); i++) {
      process(i).awaitReady();
    }
    return this;
  }

  /** Starts one member and waits until it is ready. */
  public KvdProcess start(int member) {
    return launch(member).awaitReady();
  }

  /** Starts one member and does not wait. */
  public KvdProcess launch(int member, String... more) {
    return launch(member, program, more);
  }

  /** Starts one member that ends by itself when it gets to a place, and does not wait. */
  public KvdProcess launchToFail(int member, String failpoint) {
    return launch(member, program.with("-D" + Failpoint.PROPERTY + "=" + failpoint));
  }

  private KvdProcess launch(int member, KvdProcess.Program launchedProgram, String... more) {
    Member launched = members.get(member);
    if (launched.process != null && launched.process.isAlive()) {
      throw new IllegalStateException(launched.name + " runs already");
    }
    List<String> arguments = arguments(member);
    arguments.addAll(List.of(more));
    KvdProcess process =
        KvdProcess.start(
            folder,
            launchedProgram.after(sites.prefix(member)),
            sites.environment(member),
            arguments);
    launched.process = process;
    return process;
  }

  /** The arguments that a member is started with. */
  public List<String> arguments(int member) {
    Member described = members.get(member);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--name", described.name));
    arguments.addAll(List.of("--data-dir", dataDir(member).toString()));
    String host = sites.host(member);
    arguments.addAll(List.of("--listen", host + ":" + described.clientPort));
    arguments.addAll(List.of("--peer-listen", host + ":" + described.peerPort));
    arguments.addAll(List.of("--ops-listen", host + ":" + described.opsPort));
    if (described.advertised != null) {
      arguments.addAll(List.of("--advertise", described.advertised.toString()));
    }
    if (described.peerPort != described.foundingPeerPort) {
      arguments.addAll(List.of("--peer-advertise", host + ":" + described.peerPort));
    }
    if (member < founders) {
      arguments.addAll(List.of("--initial-cluster", initialCluster()));
    } else {
      arguments.addAll(List.of("--join", runningClients()));
    }
    if (!extraArguments.contains("--segment-bytes")) {
      arguments.addAll(List.of("--segment-bytes", "1MiB"));
    }
    arguments.addAll(extraArguments);
    return arguments;
  }

  private String runningClients() {
    return runningMembers().stream()
        .map(member -> endpoint(member).toString())
        .collect(Collectors.joining(","));
  }

  private String initialCluster() {
    return IntStream.range(0, founders)
        .mapToObj(
            member ->
                name(member)
                    + "="
                    + sites.host(member)
                    + ":"
                    + members.get(member).foundingPeerPort)
        .collect(Collectors.joining(","));
  }

  public int size() {
    return members.size();
  }

  public Path dataDir(int member) {
    return folder.resolve(members.get(member).name);
  }

  /** The latest run of a member. */
  public KvdProcess process(int member) {
    KvdProcess process = members.get(member).process;
    if (process == null) {
      throw new IllegalStateException(members.get(member).name + " was never started");
    }
    return process;
  }

  public Endpoint endpoint(int member) {
    return new Endpoint(sites.host(member), members.get(member).clientPort);
  }

  /** Where every member listens for clients, whether it runs or not. */
  public List<Endpoint> endpoints() {
    return IntStream.range(0, members.size()).mapToObj(this::endpoint).toList();
  }

  public int peerPort(int member) {
    return members.get(member).peerPort;
  }

  public int opsPort(int member) {
    return members.get(member).opsPort;
  }

  /** A client of the whole cluster; closed with it. */
  public KvClient client() {
    return client;
  }

  /** A client of its own, to be closed by the caller. */
  public KvClient client(Duration timeout) {
    return KvClient.connect(ClientOptions.of(endpoints()).withTimeout(timeout));
  }

  /** A client that talks to one member first. */
  public KvClient clientOf(int member) {
    return KvClient.connect(ClientOptions.of(List.of(endpoint(member))).withTimeout(CALL_MAX));
  }

  public MemberStatus status(int member) {
    return client.maintenance().status(endpoint(member));
  }

  /** The member that leads now, of the highest term that any running member knows of. */
  public Optional<Integer> leader() {
    Optional<Integer> leader = Optional.empty();
    long leaderTerm = -1;
    for (int i = 0; i < members.size(); i++) {
      KvdProcess process = members.get(i).process;
      if (process == null || !process.isAlive()) {
        continue;
      }
      try {
        MemberStatus status = status(i);
        if (status.role() == MemberRole.LEADER && status.header().term() > leaderTerm) {
          leader = Optional.of(i);
          leaderTerm = status.header().term();
        }
      } catch (KvException e) {
        // It does not answer (any more, or yet): it is not the leader that a caller can use.
        continue;
      }
    }
    return leader;
  }

  /** Waits until a member leads. */
  public int awaitLeader() {
    Awaitility.await("a leader")
        .atMost(ELECTED_MAX)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> leader().isPresent());
    return leader().orElseGet(this::awaitLeader);
  }

  /** Waits until every running member has applied the same entries, and compares their states. */
  public void awaitEqualStates() {
    Awaitility.await("equal states")
        .atMost(ELECTED_MAX)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(KvException.class)
        .until(
            () ->
                runningMembers().stream()
                        .map(this::status)
                        .map(status -> status.appliedIndex() + ":" + status.stateHash())
                        .distinct()
                        .count()
                    == 1);
  }

  /** SIGKILL to every running member at once; returns when all processes are gone. */
  public void killAll() {
    List<Integer> running = runningMembers();
    running.forEach(member -> process(member).sendKill());
    running.forEach(member -> process(member).awaitExit());
  }

  /** Members whose process runs. */
  public List<Integer> runningMembers() {
    List<Integer> running = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      KvdProcess process = members.get(i).process;
      if (process != null && process.isAlive()) {
        running.add(i);
      }
    }
    return running;
  }

  @Override
  public void close() {
    client.close();
    for (Member member : members) {
      if (member.process != null) {
        member.process.close();
      }
    }
  }
}
