package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport.Offer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Forwarded requests, for which nobody asks again. */
@Timeout(60)
class ForwardTest {
  private static Message.Forward forward(MemberId from, MemberId to, long id, int bytes) {
    return new Message.Forward(from, to, 0, id, new byte[bytes]);
  }

  @Test
  void requestToAnUnknownOrUnconnectedPeerIsNotQueued() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      assertThat(pair.a.offer(forward(A, B, 1, 1))).isEqualTo(Offer.QUEUED);
      assertThat(pair.a.offer(forward(A, new MemberId(99), 2, 1))).isEqualTo(Offer.NOT_CONNECTED);
      pair.b.close();
      Inbox.take(pair.inboxA.forwardsLost);
      assertThat(pair.a.offer(forward(A, B, 3, 1))).isEqualTo(Offer.NOT_CONNECTED);
    }
  }

  @Test
  void answersToAllThatMayBeUnderWayAreKept() throws Exception {
    int answers = 1 << 16;
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      Pair.connect(pair.b, B, A, pair.inboxA);
      pair.inboxA.others.clear();
      for (int id = 0; id < answers; id++) {
        pair.b.send(List.of(new Message.ForwardResult(B, A, 0, id, 0, new byte[0])));
      }
      for (int id = 0; id < answers; id++) {
        Message.ForwardResult result = (Message.ForwardResult) Inbox.take(pair.inboxA.others);
        assertThat(result.forwardId()).isEqualTo(id);
      }
      assertThat(pair.b.stats().droppedFull(Message.Stream.FORWARD)).isZero();
    }
  }

  @Test
  void answerThatDoesNotFitEndsTheStreamRatherThanBeLost() throws Exception {
    try (Pair pair = new Pair()) {
      Pair.connect(pair.a, A, B, pair.inboxB);
      Pair.connect(pair.b, B, A, pair.inboxA);
      byte[] big = new byte[7 << 20];
      for (int id = 0; pair.b.stats().droppedFull(Message.Stream.FORWARD) == 0; id++) {
        pair.b.send(List.of(new Message.ForwardResult(B, A, 0, id, 0, big)));
      }
      assertThat(Inbox.take(pair.inboxA.forwardsLost)).isEqualTo(B);
    }
  }
}
