package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.e2e.FreePorts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A peer that is not where the configuration says. */
class MovedPeerTest {
  private final Inbox inboxA = new Inbox();
  private final Inbox inboxB = new Inbox();
  private final GrpcTransport a;
  private GrpcTransport b;

  MovedPeerTest() throws Exception {
    a = GrpcTransport.bind(Pair.options(A));
    b = GrpcTransport.bind(Pair.options(B));
    a.setMembers(Pair.members(a.port(), b.port()));
    a.start(inboxA);
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
  }

  private void restartAt(int listenPort, String announced) throws Exception {
    b.close();
    b = GrpcTransport.bind(Pair.options(B).withListenPort(listenPort).withPeerAddress(announced));
  }

  private void startB() {
    b.setMembers(Pair.members(a.port(), b.port()));
    b.start(inboxB);
  }

  @Test
  void isReachedWhereItSaysThatItIs() throws Exception {
    startB();
    Pair.connect(a, A, B, inboxB);
    assertThat(a.movedTo(B)).isEmpty();
    int port = FreePorts.next();

    restartAt(port, "127.0.0.1:" + port);
    startB();
    Pair.connect(a, A, B, inboxB);

    assertThat(a.movedTo(B)).contains("127.0.0.1:" + port);
    long breaks = a.stats().breaks();
    a.setMembers(Pair.members(a.port(), port));
    Pair.connect(a, A, B, inboxB);
    assertThat(a.movedTo(B)).isEmpty();
    assertThat(a.stats().breaks()).as("the connection stays").isEqualTo(breaks);
  }

  @Test
  void isReachedWhereItWasIfItIsNotWhereItSays() throws Exception {
    int port = b.port();

    restartAt(port, "127.0.0.1:" + a.port());
    startB();

    Pair.connect(a, A, B, inboxB);
    Pair.connect(b, B, A, inboxA);
    assertThat(a.movedTo(B)).isEmpty();
  }
}
