package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;
import static io.raftkv.transport.Pair.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.raftkv.proto.peer.v1.RaftGrpc;
import io.raftkv.proto.peer.v1.VoteRequest;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is heard, and what is believed. A is a member that expects B on another, silent port. */
@Timeout(60)
class HandshakeTest {
  private static final MemberId STRANGER = new MemberId(0x77);

  private final Inbox inbox = new Inbox();
  private GrpcTransport transport;
  private RawClient client;

  @BeforeEach
  void start() throws Exception {
    transport = GrpcTransport.bind(Pair.options(A));
    transport.setMembers(Pair.members(transport.port(), 1));
    transport.start(inbox);
    client = new RawClient(transport.port());
  }

  @AfterEach
  void stop() {
    client.close();
    transport.close();
  }

  private static Metadata handshake(long cluster, MemberId from, MemberId to) {
    return new Handshake(cluster, from, to, "b:7400", "", 0).encode();
  }

  private static Metadata good() {
    return handshake(CLUSTER, B, A);
  }

  private static byte[] vote(long term) {
    return VoteRequest.newBuilder().setTerm(term).build().toByteArray();
  }

  private void assertRefused(Metadata handshake, Status.Code code, String why) throws Exception {
    long refused = transport.stats().refusedHandshakes();
    for (Rpc rpc : Rpc.values()) {
      RawClient.Stream stream = client.open(rpc, handshake);
      stream.send(vote(5));
      Status status = Inbox.take(stream.closed);

      assertThat(status.getCode()).isEqualTo(code);
      assertThat(status.getDescription()).contains(why).doesNotContain("\n");
    }
    assertThat(transport.stats().refusedHandshakes()).isGreaterThanOrEqualTo(refused + Rpc.COUNT);
    assertThat(inbox.control).isEmpty();
    assertThat(inbox.others).isEmpty();
  }

  @Test
  void memberOfTheConfigurationIsHeardAndAnswered() throws Exception {
    RawClient.Stream stream = client.open(Rpc.REQUEST_VOTE, good());

    Handshake answer =
        Handshake.check(Inbox.take(stream.headers), CLUSTER, B, A::equals, id -> false);
    stream.send(vote(5));

    assertThat(answer.clientAddress()).isEqualTo(Pair.options(A).clientAddress());
    Message heard = Inbox.take(inbox.control);
    assertThat(heard.from()).isEqualTo(B);
    assertThat(heard.to()).isEqualTo(A);
    assertThat(heard.term()).isEqualTo(5);
    assertThat(transport.clientAddress(B)).contains("b:7400");
  }

  @Test
  void missingHandshakeIsRefused() throws Exception {
    assertRefused(new Metadata(), Status.Code.FAILED_PRECONDITION, "handshake is missing");
  }

  @Test
  void anotherClusterIsRefused() throws Exception {
    assertRefused(handshake(CLUSTER + 1, B, A), Status.Code.FAILED_PRECONDITION, "another cluster");
  }

  /** What it knows is not ended by that: its own cluster may live after all. */
  @Test
  void aMemberThatARecoveryLeftOutIsToldSoAndNotThatItWasRemoved() throws Exception {
    Configuration members = Pair.members(transport.port(), 1);
    transport.setMembers(new Configuration(members.members(), List.of(), List.of(STRANGER)));

    assertRefused(
        handshake(CLUSTER + 1, STRANGER, A),
        Status.Code.FAILED_PRECONDITION,
        "the cluster was recovered without member " + STRANGER);
    assertRefused(
        handshake(CLUSTER, STRANGER, A), Handshake.REMOVED, STRANGER + " was removed from");
  }

  @Test
  void whoeverLooksForAnotherMemberIsRefused() throws Exception {
    assertRefused(
        handshake(CLUSTER, B, STRANGER), Status.Code.FAILED_PRECONDITION, "this member is " + A);
  }

  /** Our configuration may be an old one, and the stranger a member by now, or even the leader. */
  @Test
  void memberThatWeDoNotKnowYetIsHeardAndAnswered() throws Exception {
    RawClient.Stream stream = client.open(Rpc.REQUEST_VOTE, handshake(CLUSTER, STRANGER, A));
    Inbox.take(stream.headers);
    stream.send(vote(5));

    Message heard = Inbox.take(inbox.control);
    assertThat(heard.from()).isEqualTo(STRANGER);
    assertThat(transport.offer(new Message.VoteResponse(A, STRANGER, 5, true, false)))
        .isEqualTo(Transport.Offer.QUEUED);
    Inbox.take(stream.messages);
    // It is not dialled: nobody has said where it is.
    assertThat(transport.isConnected(STRANGER)).isFalse();
  }

  @Test
  void noMoreThanSomeUnknownMembersAreHeard() throws Exception {
    for (int i = 0; i < 16; i++) {
      MemberId guest = new MemberId(0x1000 + i);
      Inbox.take(client.open(Rpc.REQUEST_VOTE, handshake(CLUSTER, guest, A)).headers);
    }
    RawClient full = client;
    client = new RawClient(transport.port());

    assertRefused(
        handshake(CLUSTER, STRANGER, A), Status.Code.PERMISSION_DENIED, STRANGER.toString());

    // There is room again when some of them have gone.
    full.close();
    Awaitility.await().until(() -> isHeard(STRANGER));
  }

  private boolean isHeard(MemberId from) throws Exception {
    RawClient.Stream stream = client.open(Rpc.REQUEST_VOTE, handshake(CLUSTER, from, A));
    return stream.headers.poll(1, TimeUnit.SECONDS) != null;
  }

  @Test
  void memberThatWasRemovedIsTold() throws Exception {
    Configuration members = Pair.members(transport.port(), 1);
    transport.setMembers(new Configuration(members.members(), List.of(), List.of(STRANGER)));

    assertRefused(handshake(CLUSTER, STRANGER, A), Handshake.REMOVED, "was removed");
  }

  @Test
  void senderWithTheOwnIdIsRefused() throws Exception {
    assertRefused(handshake(CLUSTER, A, A), Status.Code.PERMISSION_DENIED, "the id of this member");
  }

  @Test
  void garbledHandshakeIsRefused() throws Exception {
    Metadata.Key<String> from = Metadata.Key.of("raftkv-from", Metadata.ASCII_STRING_MARSHALLER);
    Metadata garbled = good();
    garbled.removeAll(from);
    garbled.put(from, "not hexadecimal");
    assertRefused(garbled, Status.Code.FAILED_PRECONDITION, "garbled raftkv-from");

    Metadata.Key<String> version =
        Metadata.Key.of("raftkv-protocol", Metadata.ASCII_STRING_MARSHALLER);
    Metadata newer = good();
    newer.removeAll(version);
    newer.put(version, "2");
    assertRefused(newer, Status.Code.FAILED_PRECONDITION, "version 1");

    assertRefused(
        new Handshake(CLUSTER, B, A, "two words", "", 0).encode(),
        Status.Code.FAILED_PRECONDITION,
        "raftkv-client-address");
  }

  @Test
  void numberOutOfRangeClosesTheStreamAndNothingIsDelivered() throws Exception {
    RawClient.Stream stream = client.open(Rpc.REQUEST_VOTE, good());
    stream.send(vote(Long.MAX_VALUE));
    stream.send(vote(6));

    Status status = Inbox.take(stream.closed);

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("term 9223372036854775807 is out of range");
    assertThat(inbox.control).isEmpty();
    assertThat(transport.stats().badMessages()).isEqualTo(1);
  }

  @Test
  void bytesThatAreNoMessageCloseTheStreamAndNothingElse() throws Exception {
    RawClient.Stream garbled = client.open(Rpc.APPEND_ENTRIES, good());
    RawClient.Stream other = client.open(Rpc.REQUEST_VOTE, good());
    garbled.send(new byte[] {(byte) 0xff, 1, 2, 3});

    Status status = Inbox.take(garbled.closed);
    other.send(vote(6));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(inbox.others).isEmpty();
    assertThat(Inbox.take(inbox.control).term()).isEqualTo(6);
  }

  @Test
  void messageAboveTheLimitClosesTheStream() throws Exception {
    RawClient.Stream stream = client.open(Rpc.APPEND_ENTRIES, good());
    stream.send(new byte[(8 << 20) + 1]);

    // gRPC resets such a stream, and a reset carries no status.
    assertThat(Inbox.take(stream.closed).isOk()).isFalse();
    assertThat(inbox.others).isEmpty();
  }

  @Test
  void nothingButThePeerServiceIsServed() throws Exception {
    RawClient.Stream stream = client.open("raftkv.v1.KV/Put", good());

    assertThat(Inbox.take(stream.closed).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void memberThatHasNotStartedSaysSo() throws Exception {
    try (GrpcTransport early = GrpcTransport.bind(Pair.options(A));
        RawClient knocking = new RawClient(early.port())) {
      Status status = Inbox.take(knocking.open(Rpc.HEARTBEAT, good()).closed);

      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(status.getDescription()).contains("starting");
    }
  }

  @Test
  void dialledMemberThatIsAnotherOneIsNotSpokenTo() throws Exception {
    // An address that has passed to another cluster, which answers everybody.
    CountDownLatch dialled = new CountDownLatch(3);
    CountDownLatch spokenTo = new CountDownLatch(1);
    ServerServiceDefinition.Builder service =
        ServerServiceDefinition.builder(RaftGrpc.getServiceDescriptor().getName());
    for (Rpc rpc : Rpc.values()) {
      service.addMethod(
          rpc.method(),
          (call, headers) -> {
            call.sendHeaders(handshake(CLUSTER + 1, B, A));
            call.request(10);
            return new ServerCall.Listener<>() {
              @Override
              public void onMessage(Frame frame) {
                spokenTo.countDown();
              }

              @Override
              public void onCancel() {
                dialled.countDown();
              }
            };
          });
    }
    Server foreign =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .addService(service.build())
            .build()
            .start();
    try {
      transport.setMembers(Pair.members(transport.port(), foreign.getPort()));
      while (!dialled.await(1, TimeUnit.MILLISECONDS)) {
        transport.send(List.of(Pair.heartbeat(A, B, 1)));
      }

      assertThat(spokenTo.getCount()).isEqualTo(1);
      assertThat(transport.isConnected(B)).isFalse();
      assertThat(transport.clientAddress(B)).isEmpty();
      assertThat(transport.stats().refusedHandshakes()).isPositive();
    } finally {
      foreign.shutdownNow();
    }
  }
}
