package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Measures two transports on loopback: round trips of heartbeats, alone and under appends; appends
 * per second; the time from kill -9 of a peer to {@code unreachable}. Not a test.
 */
final class TransportBench {
  private static final int ROUND_TRIPS = 20_000;

  /** Unanswered appends: as many as Raft allows, and no more than its 16 MiB of them. */
  private static final int WINDOW = 64;

  private static final int WINDOW_BYTES = 16 << 20;

  private TransportBench() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0) {
      serveAsB(Integer.parseInt(arguments[0]));
      return;
    }
    roundTripsAndAppends();
    for (int i = 0; i < 8; i++) {
      killPeer();
    }
    System.exit(0);
  }

  /** Answers everything at once. */
  private static final class Echo implements Transport.Listener {
    private final GrpcTransport transport;

    Echo(GrpcTransport transport) {
      this.transport = transport;
    }

    @Override
    public void received(Message message) {
      if (message instanceof Message.HeartbeatRequest m) {
        transport.send(
            List.of(new Message.HeartbeatResponse(m.to(), m.from(), 1, m.readSequence())));
      } else if (message instanceof Message.AppendRequest m) {
        transport.send(
            List.of(new Message.AppendResponse(m.to(), m.from(), 1, true, 1, 0, EntryId.ZERO)));
      }
    }

    @Override
    public void unreachable(MemberId peer) {}
  }

  private static void roundTripsAndAppends() throws Exception {
    BlockingQueue<Long> answers = new LinkedBlockingQueue<>();
    Semaphore window = new Semaphore(WINDOW);
    GrpcTransport a = GrpcTransport.bind(Pair.options(A));
    GrpcTransport b = GrpcTransport.bind(Pair.options(B));
    a.setMembers(Pair.members(a.port(), b.port()));
    b.setMembers(Pair.members(a.port(), b.port()));
    b.start(new Echo(b));
    a.start(
        new Transport.Listener() {
          @Override
          public void received(Message message) {
            if (message instanceof Message.AppendResponse) {
              window.release();
            } else if (message instanceof Message.HeartbeatResponse m) {
              answers.offer(m.readSequence());
            }
          }

          @Override
          public void unreachable(MemberId peer) {
            System.out.println("unreachable?");
          }
        });
    awaitConnection(a, answers);
    TimeUnit.MILLISECONDS.sleep(500);
    heartbeats("heartbeat, warm-up", a, answers);
    heartbeats("heartbeat, alone", a, answers);
    appends(a, window, 1, 256, 2);
    appends(a, window, 1, 256, 4);
    appends(a, window, 256, 256, 4);
    appends(a, window, 4096, 256, 4);
    Thread load =
        new Thread(
            () -> {
              try {
                appends(a, window, 4096, 256, 6);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    load.start();
    TimeUnit.SECONDS.sleep(1);
    heartbeats("heartbeat, beside 1 MiB appends", a, answers);
    load.join();
    System.out.printf(
        "dropped: full %d, unconnected %d%n",
        a.stats().droppedFull(Message.Stream.REPLICATION),
        a.stats().droppedUnconnected(Message.Stream.REPLICATION));
    a.close();
    b.close();
  }

  private static void awaitConnection(GrpcTransport a, BlockingQueue<Long> answers)
      throws InterruptedException {
    do {
      a.send(List.of(Pair.heartbeat(A, B, ROUND_TRIPS)));
    } while (answers.poll(10, TimeUnit.MILLISECONDS) == null);
  }

  private static void heartbeats(String what, GrpcTransport a, BlockingQueue<Long> answers)
      throws InterruptedException {
    List<Long> nanos = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
    for (int i = 0; i < ROUND_TRIPS && System.nanoTime() < end; i++) {
      long start = System.nanoTime();
      a.send(List.of(Pair.heartbeat(A, B, i)));
      Long answer;
      do {
        answer = answers.poll(1, TimeUnit.SECONDS);
      } while (answer != null && answer != i);
      if (answer == null) {
        System.out.println("lost a heartbeat");
      }
      nanos.add(System.nanoTime() - start);
    }
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    System.out.printf(
        "%-32s n=%d p50=%d us p99=%d us max=%d us%n",
        what,
        sorted.length,
        sorted[sorted.length / 2] / 1_000,
        sorted[sorted.length * 99 / 100] / 1_000,
        sorted[sorted.length - 1] / 1_000);
  }

  private static void appends(
      GrpcTransport a, Semaphore window, int entriesPerAppend, int bytes, int seconds)
      throws InterruptedException {
    LogEntry[] entries = new LogEntry[entriesPerAppend];
    for (int i = 0; i < entriesPerAppend; i++) {
      entries[i] = new LogEntry(i + 1, 1, LogEntry.Kind.COMMAND, 1, new byte[bytes]);
    }
    List<Message> append =
        List.of(new Message.AppendRequest(A, B, 1, new EntryId(0, 1), Arrays.asList(entries), 0));
    int held = WINDOW - Math.min(WINDOW, WINDOW_BYTES / (entriesPerAppend * (bytes + 64)));
    window.acquire(held);
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    long appends = 0;
    while (System.nanoTime() < end) {
      if (!window.tryAcquire(5, TimeUnit.SECONDS)) {
        System.out.println("lost appends");
        window.release(WINDOW - held);
        continue;
      }
      a.send(append);
      appends++;
    }
    window.acquire(WINDOW - held);
    window.release(WINDOW);
    double took = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "appends of %d x %d B: %.0f appends/s, %.0f entries/s, %.0f MB/s%n",
        entriesPerAppend,
        bytes,
        appends / took,
        appends * entriesPerAppend / took,
        appends * (double) entriesPerAppend * bytes / took / 1e6);
  }

  private static void killPeer() throws Exception {
    Inbox inbox = new Inbox();
    GrpcTransport a = GrpcTransport.bind(Pair.options(A));
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                TransportBench.class.getName(),
                Integer.toString(a.port()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    String line;
    do {
      line = out.readLine();
    } while (line != null && !line.startsWith("port "));
    if (line == null) {
      throw new IllegalStateException("the child ended");
    }
    a.setMembers(Pair.members(a.port(), Integer.parseInt(line.substring(5))));
    a.start(inbox);
    do {
      a.send(List.of(Pair.heartbeat(A, B, 1)));
    } while (inbox.control.poll(20, TimeUnit.MILLISECONDS) == null);
    TimeUnit.MILLISECONDS.sleep(700);
    long start = System.nanoTime();
    child.destroyForcibly();
    inbox.unreachable.poll(20, TimeUnit.SECONDS);
    System.out.printf("kill -9 to unreachable: %d us%n", (System.nanoTime() - start) / 1_000);
    child.waitFor();
    a.close();
  }

  private static void serveAsB(int portA) throws Exception {
    GrpcTransport b = GrpcTransport.bind(Pair.options(B));
    b.setMembers(Pair.members(portA, b.port()));
    b.start(new Echo(b));
    System.out.println("port " + b.port());
    TimeUnit.MINUTES.sleep(2);
  }
}
