package io.raftkv.transport;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Two members on loopback, and messages between them. */
final class Pair implements AutoCloseable {
  static final long CLUSTER = 0xc1L << 56 | 7;
  static final MemberId A = new MemberId(0xa);
  static final MemberId B = new MemberId(0xb);

  final Inbox inboxA = new Inbox();
  final Inbox inboxB = new Inbox();
  final GrpcTransport a;
  GrpcTransport b;

  Pair() throws IOException {
    a = GrpcTransport.bind(options(A));
    b = GrpcTransport.bind(options(B));
    a.setMembers(members(a.port(), b.port()));
    b.setMembers(members(a.port(), b.port()));
    a.start(inboxA);
    b.start(inboxB);
  }

  static TransportOptions options(MemberId self) {
    return TransportOptions.of(CLUSTER, self, "127.0.0.1", 0, "client-of-" + self + ":7400");
  }

  static Configuration members(int portA, int portB) {
    return Configuration.of(
        List.of(
            new Member(A, "a", "127.0.0.1:" + portA, true),
            new Member(B, "b", "127.0.0.1:" + portB, true)));
  }

  static Message heartbeat(MemberId from, MemberId to, long sequence) {
    return new Message.HeartbeatRequest(from, to, 1, 0, sequence);
  }

  static Message append(MemberId from, MemberId to, long previousIndex, int bytes) {
    return new Message.AppendRequest(
        from,
        to,
        1,
        new EntryId(previousIndex, 1),
        List.of(new LogEntry(previousIndex + 1, 1, LogEntry.Kind.COMMAND, 5, new byte[bytes])),
        0);
  }

  /** Sends heartbeats until one arrives, then forgets those that did. */
  static void connect(GrpcTransport from, MemberId self, MemberId to, Inbox inbox)
      throws InterruptedException {
    for (int i = 0; i < 3_000; i++) {
      from.send(List.of(heartbeat(self, to, 1_000_000 + i)));
      if (inbox.control.poll(10, TimeUnit.MILLISECONDS) != null) {
        // Whatever is sent from here on comes behind this one.
        from.send(List.of(heartbeat(self, to, 2_000_000)));
        Message next;
        do {
          next = Inbox.take(inbox.control);
        } while (!next.equals(heartbeat(self, to, 2_000_000)));
        return;
      }
    }
    throw new AssertionError("no connection");
  }

  /** Sends the same append until it arrives, then waits until nothing of it is on the way. */
  static void connectReplication(GrpcTransport from, MemberId self, MemberId to, Inbox inbox)
      throws InterruptedException {
    for (int i = 0; i < 3_000; i++) {
      from.send(List.of(append(self, to, 1_000_000, 0)));
      if (inbox.others.poll(10, TimeUnit.MILLISECONDS) != null) {
        from.send(List.of(append(self, to, 2_000_000, 0)));
        Message next;
        do {
          next = Inbox.take(inbox.others);
        } while (!next.equals(append(self, to, 2_000_000, 0)));
        return;
      }
    }
    throw new AssertionError("no connection");
  }

  static List<Message> take(java.util.concurrent.BlockingQueue<Message> queue, int count)
      throws InterruptedException {
    List<Message> taken = new ArrayList<>();
    while (taken.size() < count) {
      taken.add(Inbox.take(queue));
    }
    return taken;
  }

  @Override
  public void close() {
    a.close();
    b.close();
  }
}
