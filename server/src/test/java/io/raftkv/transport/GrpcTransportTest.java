package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;
import static io.raftkv.transport.Pair.append;
import static io.raftkv.transport.Pair.heartbeat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class GrpcTransportTest {
  @Test
  void messagesOfOneStreamArriveInOrder() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      Pair.connectReplication(pair.a, A, B, pair.inboxB);

      List<Message> heartbeats = new ArrayList<>();
      List<Message> appends = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        heartbeats.add(heartbeat(A, B, i));
        appends.add(append(A, B, i, i * 37));
        pair.a.send(List.of(heartbeats.get(i), appends.get(i)));
      }

      assertThat(Pair.take(pair.inboxB.control, 200)).isEqualTo(heartbeats);
      assertThat(Pair.take(pair.inboxB.others, 200)).isEqualTo(appends);
    }
  }

  @Test
  void eachOfSeveralSendersKeepsItsOrder() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);

      List<Thread> senders = new ArrayList<>();
      for (int sender = 0; sender < 3; sender++) {
        long term = sender;
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 300; i++) {
                    pair.a.send(List.of(new Message.HeartbeatRequest(A, B, term, 0, i)));
                  }
                });
        senders.add(thread);
        thread.start();
      }

      long[] next = new long[3];
      for (Message message : Pair.take(pair.inboxB.control, 900)) {
        long sequence = ((Message.HeartbeatRequest) message).readSequence();
        assertThat(sequence).isEqualTo(next[(int) message.term()]++);
      }
      for (Thread sender : senders) {
        sender.join();
      }
    }
  }

  @Test
  void answersReturnOnTheStreamThatAsked() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      Pair.connectReplication(pair.a, A, B, pair.inboxB);

      List<Message> control =
          List.of(
              new Message.HeartbeatResponse(B, A, 3, 9),
              new Message.VoteResponse(B, A, 3, true, false),
              new Message.ReadIndexResponse(B, A, 3, 1, 2, true));
      List<Message> others =
          List.of(
              new Message.AppendResponse(B, A, 3, true, 4, 0, EntryId.ZERO),
              new Message.SnapshotAck(B, A, 3, 4, 5, false));
      pair.b.send(control);
      pair.b.send(others.subList(0, 1));

      // Two streams of one connection are two orders.
      assertThat(Pair.take(pair.inboxA.control, 3)).containsExactlyInAnyOrderElementsOf(control);
      assertThat(Inbox.take(pair.inboxA.others)).isEqualTo(others.get(0));
    }
  }

  @Test
  void membersTellEachOtherWhereClientsReachThem() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);

      assertThat(pair.a.clientAddress(B)).contains("client-of-" + B + ":7400");
      assertThat(pair.b.clientAddress(A)).contains("client-of-" + A + ":7400");
      assertThat(pair.a.clientAddress(A)).contains("client-of-" + A + ":7400");
      assertThat(pair.a.clientAddress(new MemberId(99))).isEmpty();
    }
  }

  @Test
  void peerThatStopsIsUnreachableOncePerBreak() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      assertThat(pair.inboxA.unreachable).isEmpty();

      pair.b.close();

      assertThat(Inbox.take(pair.inboxA.unreachable)).isEqualTo(B);
      restartB(pair);
      Pair.connect(pair.a, A, B, pair.inboxB);
      assertThat(pair.inboxA.unreachable).isEmpty();

      pair.b.close();

      assertThat(Inbox.take(pair.inboxA.unreachable)).isEqualTo(B);
    }
  }

  @Test
  void peerThatComesBackOnItsPortIsConnectedAgain() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      Pair.connect(pair.b, B, A, pair.inboxA);
      pair.b.close();
      Inbox.take(pair.inboxA.unreachable);

      restartB(pair);

      Pair.connect(pair.a, A, B, pair.inboxB);
      Pair.connect(pair.b, B, A, pair.inboxA);
      Pair.connectReplication(pair.a, A, B, pair.inboxB);
    }
  }

  private static void restartB(Pair pair) throws IOException {
    int port = pair.b.port();
    pair.b = GrpcTransport.bind(Pair.options(B).withListenPort(port));
    pair.b.setMembers(Pair.members(pair.a.port(), port));
    pair.b.start(pair.inboxB);
  }

  @Test
  void memberThatWasRemovedIsNotHeardAnyMore() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.b, B, A, pair.inboxA);
      long refused = pair.a.stats().refusedHandshakes();

      pair.a.setMembers(new Configuration(List.of(), List.of(), List.of(B)));

      // B's streams are closed, and its next ones refused.
      while (pair.a.stats().refusedHandshakes() == refused) {
        Thread.onSpinWait();
      }
      pair.inboxA.control.clear();
      pair.b.send(List.of(heartbeat(B, A, 1)));
      assertThat(pair.a.clientAddress(B)).isEmpty();
      assertThat(pair.inboxA.control).isEmpty();

      pair.a.setMembers(Pair.members(pair.a.port(), pair.b.port()));
      Pair.connect(pair.b, B, A, pair.inboxA);
      Pair.connect(pair.a, A, B, pair.inboxB);
    }
  }

  @Test
  void memberIsDialledAtItsNewAddress() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      try (GrpcTransport moved = GrpcTransport.bind(Pair.options(B))) {
        pair.b.close();
        Inbox inbox = new Inbox();
        moved.setMembers(Pair.members(pair.a.port(), moved.port()));
        moved.start(inbox);

        pair.a.setMembers(Pair.members(pair.a.port(), moved.port()));

        Pair.connect(pair.a, A, B, inbox);
      }
    }
  }

  @Test
  void addressInUseIsOneClearLine() throws Exception {
    try (Pair pair = new Pair()) {
      TransportOptions taken = Pair.options(A).withListenPort(pair.b.port());

      assertThatThrownBy(() -> GrpcTransport.bind(taken))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + pair.b.port())
          .hasMessageContaining("in use")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void addressOfAnotherHostIsOneClearLine() {
    TransportOptions foreign = TransportOptions.of(Pair.CLUSTER, A, "192.0.2.1", 0, "a:1");

    assertThatThrownBy(() -> GrpcTransport.bind(foreign))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("192.0.2.1:0")
        .hasMessageNotContaining("\n");
  }

  @Test
  void sendingAfterCloseDoesNothing() throws Exception {
    Pair pair = new Pair();
    Pair.connect(pair.a, A, B, pair.inboxB);
    pair.close();

    pair.a.send(List.of(heartbeat(A, B, 1)));
    pair.a.setMembers(Configuration.of(List.of()));
    pair.a.close();
  }
}
