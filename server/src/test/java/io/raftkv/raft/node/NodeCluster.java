package io.raftkv.raft.node;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.Transport;
import io.raftkv.storage.FaultyVolumes;
import io.raftkv.storage.MemoryLog;
import io.raftkv.storage.SnapshotFiles;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Whole nodes, their lanes run one turn at a time by the test's thread, on a clock of its own. */
final class NodeCluster implements AutoCloseable {
  static final RaftOptions OPTIONS =
      new RaftOptions(
          2, 10, 2, 100, 1 << 20, 8, 1 << 20, 1 << 20, 0, 1 << 20, 1_000_000, 1L << 40, 0, 5);
  private static final Duration TICK = Duration.ofMillis(10);

  private final TreeMap<Long, TestNode> nodes = new TreeMap<>();
  private final ArrayDeque<Message> network = new ArrayDeque<>();
  private final TreeSet<Long> cutOff = new TreeSet<>();
  private final Configuration configuration;
  private long nanos;

  /** The wall clock of every member, which time does not move. */
  long wallMillis;

  NodeCluster(int size) {
    this(size, OPTIONS);
  }

  NodeCluster(int size, RaftOptions options) {
    List<Member> members = new ArrayList<>();
    for (int i = 1; i <= size; i++) {
      members.add(new Member(new MemberId(i), "n" + i, "host:" + i, true));
    }
    configuration = Configuration.of(members);
    for (long i = 1; i <= size; i++) {
      nodes.put(i, new TestNode(i, options));
      nodes.get(i).start();
    }
  }

  TestNode node(long number) {
    TestNode node = nodes.get(number);
    if (node == null) {
      throw new IllegalArgumentException("no n" + number);
    }
    return node;
  }

  void fillDisks(boolean areFull) {
    nodes.values().forEach(node -> node.isDiskFull = areFull);
  }

  void isolate(long number) {
    cutOff.add(number);
  }

  void heal() {
    cutOff.clear();
  }

  /** Lets every lane and every message move until nothing does. */
  void settle() {
    boolean isMoving = true;
    while (isMoving) {
      isMoving = false;
      for (TestNode node : nodes.values()) {
        isMoving |= node.runLanes();
      }
      Message next = network.pollFirst();
      if (next != null) {
        isMoving = true;
        TestNode to = node(next.to().value());
        Transport.Listener listener = to.listener;
        if (listener != null
            && !cutOff.contains(next.to().value())
            && !cutOff.contains(next.from().value())) {
          listener.received(next);
        }
      }
    }
  }

  void tick(int ticks) {
    for (int i = 0; i < ticks; i++) {
      nanos += TICK.toNanos();
      nodes.values().forEach(node -> node.lanes.forEach(TestLane::periodPassed));
      settle();
    }
  }

  long leader() {
    return nodes.values().stream()
        .filter(node -> node.isUp && node.node.status().isLeader())
        .max((a, b) -> Long.compare(a.node.status().term(), b.node.status().term()))
        .map(node -> node.number)
        .orElse(0L);
  }

  /** Time passes until there is a leader that all who are up know. */
  long elect() {
    for (int i = 0; i < 400; i++) {
      tick(1);
      long leader = leader();
      boolean isKnown =
          nodes.values().stream()
              .filter(node -> node.isUp && !cutOff.contains(node.number))
              .allMatch(node -> node.node.status().leader().value() == leader);
      if (leader != 0 && !cutOff.contains(leader) && isKnown) {
        return leader;
      }
    }
    throw new AssertionError("no leader");
  }

  @Override
  public void close() {
    nodes.values().forEach(TestNode::stop);
  }

  /** A lane that runs when the test says so. */
  private static final class TestLane implements Lane {
    private final String name;
    private final Runnable turn;
    private final boolean isPeriodic;
    private boolean isStarted;
    private boolean isWoken;
    private boolean isClosed;

    TestLane(String name, Runnable turn, boolean isPeriodic) {
      this.name = name;
      this.turn = turn;
      this.isPeriodic = isPeriodic;
    }

    @Override
    public void start() {
      isStarted = true;
      isWoken = true;
    }

    @Override
    public void wake() {
      isWoken = true;
    }

    void periodPassed() {
      isWoken |= isPeriodic;
    }

    boolean run() {
      if (!isStarted || !isWoken || isClosed) {
        return false;
      }
      isWoken = false;
      turn.run();
      return true;
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  /** A node with stores that outlive it. */
  final class TestNode {
    final long number;
    private final RaftOptions options;
    final TestLog log = new TestLog();
    final FaultyVolumes snapshotFiles = new FaultyVolumes(new Random(1));
    final SnapshotStore snapshots = new SnapshotFiles(snapshotFiles, false);
    TestMachine machine = new TestMachine();

    /** What the transport makes of what is offered to it. */
    Transport.Offer offer = Transport.Offer.QUEUED;

    /** What the transport was told last. */
    Configuration reachable = Configuration.EMPTY;

    Predicate<byte[]> isCommand = command -> true;
    boolean isDiskFull;
    final List<Throwable> failures = new ArrayList<>();
    private final List<TestLane> lanes = new ArrayList<>();
    private final TreeSet<String> heldLanes = new TreeSet<>();
    private Transport.@Nullable Listener listener;
    private boolean isUp;

    @SuppressWarnings("NullAway.Init") // start() follows at once.
    RaftNode node;

    TestNode(long number, RaftOptions options) {
      this.number = number;
      this.options = options;
    }

    void start() {
      lanes.clear();
      machine = new TestMachine();
      RaftNode.bootstrap(log, snapshots, configuration);
      Lanes made =
          (name, turn, period, isLight) -> {
            TestLane lane = new TestLane(name, turn, !period.isZero());
            lanes.add(lane);
            return lane;
          };
      NodeClock clock =
          new NodeClock() {
            @Override
            public long nanoTime() {
              return nanos;
            }

            @Override
            public long wallMillis() {
              return wallMillis;
            }
          };
      node =
          new RaftNode(
              new RaftNode.Parts(
                  new MemberId(number),
                  options,
                  TICK,
                  log,
                  snapshots,
                  machine,
                  new TestTransport(this),
                  made,
                  clock,
                  bound -> (int) (number % bound),
                  command -> isCommand.test(command),
                  command -> command.length > 1,
                  () -> isDiskFull,
                  nanos -> {},
                  failures::add));
      node.start();
      isUp = true;
    }

    /** Everything but the stores is gone. */
    void stop() {
      if (isUp) {
        isUp = false;
        listener = null;
        node.close();
      }
    }

    void hold(String lane) {
      heldLanes.add(lane);
    }

    void release(String lane) {
      heldLanes.remove(lane);
    }

    private boolean runLanes() {
      boolean hasRun = false;
      for (TestLane lane : lanes) {
        hasRun |= isUp && !heldLanes.contains(lane.name) && lane.run();
      }
      return hasRun;
    }

    CompletableFuture<byte[]> propose(String command) {
      CompletableFuture<byte[]> answer = node.propose(command.getBytes(StandardCharsets.UTF_8));
      settle();
      return answer;
    }

    CompletableFuture<Void> readBarrier() {
      CompletableFuture<Void> barrier = node.readBarrier();
      settle();
      return barrier;
    }

    CompletableFuture<MemberId> transferTo(long target) {
      CompletableFuture<MemberId> done = node.transferLeadership(new MemberId(target));
      settle();
      return done;
    }

    void forwardsLost(long peer) {
      Transport.Listener to = listener;
      if (to != null) {
        to.forwardsLost(new MemberId(peer));
      }
      settle();
    }

    void receive(Message message) {
      Transport.Listener to = listener;
      if (to != null) {
        to.received(message);
      }
    }
  }

  private final class TestTransport implements Transport {
    private final TestNode owner;

    TestTransport(TestNode owner) {
      this.owner = owner;
    }

    @Override
    public void start(Listener listener) {
      owner.listener = listener;
    }

    @Override
    public void send(List<Message> messages) {
      network.addAll(messages);
    }

    @Override
    public Offer offer(Message message) {
      if (owner.offer == Offer.QUEUED) {
        send(List.of(message));
      }
      return owner.offer;
    }

    @Override
    public void setMembers(Configuration members) {
      owner.reachable = members;
    }

    @Override
    public Optional<String> clientAddress(MemberId member) {
      return Optional.empty();
    }

    @Override
    public void close() {}
  }

  /** Commands in order; each is answered by itself in capitals. */
  static final class TestMachine implements StateMachine {
    private final List<String> commands = new ArrayList<>();
    private final TreeMap<Long, Long> hashes = new TreeMap<>();
    private long applied;
    private long clusterTimeMillis;
    boolean isBroken;

    List<String> commands() {
      return commands;
    }

    @Override
    public List<byte[]> apply(List<LogEntry> entries) {
      List<byte[]> results = new ArrayList<>();
      for (LogEntry entry : entries) {
        if (entry.index() != applied + 1 || isBroken) {
          throw new IllegalStateException("entry " + entry.index() + " after " + applied);
        }
        applied = entry.index();
        clusterTimeMillis = Math.max(clusterTimeMillis, entry.clusterTimeMillis());
        String command = new String(entry.data(), StandardCharsets.UTF_8);
        if (entry.kind() == LogEntry.Kind.COMMAND) {
          commands.add(command);
          results.add(command.toUpperCase(java.util.Locale.ROOT).getBytes(StandardCharsets.UTF_8));
        } else {
          results.add(new byte[0]);
        }
        hashes.put(applied, stateHash());
      }
      return results;
    }

    @Override
    public long appliedIndex() {
      return applied;
    }

    @Override
    public long clusterTimeMillis() {
      return clusterTimeMillis;
    }

    @Override
    public long stateHash() {
      return commands.hashCode();
    }

    @Override
    public OptionalLong stateHashAt(long index) {
      Long hash = hashes.get(index);
      return hash == null ? OptionalLong.empty() : OptionalLong.of(hash);
    }

    /** As a defect, or a bit that fell over in memory, would. */
    void corrupt(String with) {
      commands.add(with);
    }

    @Override
    public Frozen freeze() {
      long index = applied;
      long millis = clusterTimeMillis;
      List<String> frozen = List.copyOf(commands);
      return new Frozen() {
        @Override
        public void writeTo(OutputStream out) throws IOException {
          DataOutputStream data = new DataOutputStream(out);
          data.writeLong(index);
          data.writeLong(millis);
          data.writeInt(frozen.size());
          for (String command : frozen) {
            data.writeUTF(command);
          }
          data.flush();
        }

        @Override
        public long appliedIndex() {
          return index;
        }
      };
    }

    @Override
    public void restore(InputStream in) throws IOException {
      DataInputStream data = new DataInputStream(in);
      applied = data.readLong();
      hashes.clear();
      clusterTimeMillis = data.readLong();
      commands.clear();
      for (int left = data.readInt(); left > 0; left--) {
        commands.add(data.readUTF());
      }
    }
  }

  /** A log in memory whose disk can fail. */
  static final class TestLog implements LogStore {
    private final MemoryLog log = new MemoryLog();
    boolean isBroken;

    @Override
    public HardState hardState() {
      return log.hardState();
    }

    @Override
    public EntryId base() {
      return log.base();
    }

    @Override
    public long lastIndex() {
      return log.lastIndex();
    }

    @Override
    public void saveHardState(HardState hardState) {
      log.saveHardState(hardState);
    }

    @Override
    public void truncateFrom(long index) {
      log.truncateFrom(index);
    }

    @Override
    public void append(List<LogEntry> entries) {
      log.append(entries);
    }

    @Override
    public void compactTo(EntryId last) {
      log.compactTo(last);
    }

    @Override
    public void resetTo(EntryId last) {
      log.resetTo(last);
    }

    @Override
    public void sync() {
      if (isBroken) {
        throw new UncheckedIOException(new IOException("no disk"));
      }
    }

    @Override
    public List<LogEntry> read(long from, long toExclusive, long bytesMax) {
      return log.read(from, toExclusive, bytesMax);
    }

    @Override
    public long sizeBytes() {
      return log.sizeBytes();
    }

    @Override
    public void close() {}
  }
}
