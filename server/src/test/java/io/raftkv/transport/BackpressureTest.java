package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;
import static io.raftkv.transport.Pair.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.raftkv.proto.peer.v1.AppendRequest;
import io.raftkv.proto.peer.v1.HeartbeatRequest;
import io.raftkv.proto.peer.v1.RaftGrpc;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** B takes what is on control streams, and entries only once it is told to. */
@Timeout(60)
class BackpressureTest {
  private static final int APPEND_BYTES = 1 << 20;

  private final BlockingQueue<Frame> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<Frame> appends = new LinkedBlockingQueue<>();
  private final BlockingQueue<ServerCall<Frame, Frame>> deafCalls = new LinkedBlockingQueue<>();
  private final Inbox inbox = new Inbox();
  private Server slow;
  private GrpcTransport transport;

  @BeforeEach
  void start() throws Exception {
    ServerServiceDefinition.Builder service =
        ServerServiceDefinition.builder(RaftGrpc.getServiceDescriptor().getName());
    for (Rpc rpc : Rpc.values()) {
      service.addMethod(rpc.method(), (call, headers) -> open(rpc, call));
    }
    slow =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .flowControlWindow(64 << 10)
            .maxInboundMessageSize(8 << 20)
            .addService(service.build())
            .build()
            .start();
    transport =
        GrpcTransport.bind(
            Pair.options(A).withBudget(new TransportOptions.Budget(16, 8L * APPEND_BYTES)));
    transport.setMembers(Pair.members(transport.port(), slow.getPort()));
    transport.start(inbox);
  }

  @AfterEach
  void stop() {
    transport.close();
    slow.shutdownNow();
  }

  private ServerCall.Listener<Frame> open(Rpc rpc, ServerCall<Frame, Frame> call) {
    call.sendHeaders(new Handshake(CLUSTER, B, A, "b:1", "", 0).encode());
    if (rpc == Rpc.APPEND_ENTRIES) {
      deafCalls.add(call);
    } else {
      call.request(1_000_000);
    }
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(Frame frame) {
        (rpc == Rpc.APPEND_ENTRIES ? appends : heard).add(frame);
      }
    };
  }

  private ServerCall<Frame, Frame> connect() throws InterruptedException {
    do {
      transport.send(List.of(Pair.heartbeat(A, B, 0)));
    } while (heard.poll(10, TimeUnit.MILLISECONDS) == null);
    return Inbox.take(deafCalls);
  }

  /** Appends until one is dropped because nothing fits any more. */
  private int fill() {
    int sent = 0;
    while (transport.stats().droppedFull(Message.Stream.REPLICATION) == 0) {
      transport.send(List.of(Pair.append(A, B, sent++, APPEND_BYTES)));
      // More than the budget and what gRPC itself takes must never go out.
      assertThat(sent - transport.stats().droppedUnconnected(Message.Stream.REPLICATION))
          .isLessThan(20);
    }
    return sent;
  }

  @Test
  void heartbeatsPassEntriesThatThePeerDoesNotTake() throws Exception {
    connect();
    fill();

    transport.send(List.of(Pair.heartbeat(A, B, 77)));

    long sequence;
    do {
      sequence = ((HeartbeatRequest) Inbox.take(heard).proto()).getReadSequence();
    } while (sequence != 77);
    assertThat(appends).isEmpty();
    assertThat(inbox.unreachable).isEmpty();
  }

  @Test
  void whatAPeerDoesNotTakeIsDroppedAndCounted() throws Exception {
    connect();
    fill();
    long droppedBefore = transport.stats().droppedFull(Message.Stream.REPLICATION);

    for (int i = 0; i < 1_000; i++) {
      transport.send(List.of(Pair.append(A, B, i, APPEND_BYTES)));
    }

    TransportStats stats = transport.stats();
    assertThat(stats.droppedFull(Message.Stream.REPLICATION))
        // One or two more may fit where the loop has just taken something.
        .isGreaterThan(droppedBefore + 990);
    assertThat(stats.bufferedBytes()).isBetween(1L, 8L * APPEND_BYTES);
    assertThat(stats.sent(Message.Stream.REPLICATION)).isLessThan(4);
    assertThat(inbox.unreachable).isEmpty();
  }

  @Test
  void whatWasKeptArrivesInOrderOnceThePeerTakesIt() throws Exception {
    ServerCall<Frame, Frame> call = connect();
    fill();
    long kept =
        transport.stats().sent(Message.Stream.REPLICATION)
            + transport.stats().bufferedBytes() / APPEND_BYTES;

    call.request(1_000);

    long last = -1;
    for (int i = 0; i < kept; i++) {
      long index = ((AppendRequest) Inbox.take(appends).proto()).getPrevIndex();
      assertThat(index).isGreaterThan(last);
      last = index;
    }
  }

  @Test
  void answersWithoutAStreamAreDropped() throws Exception {
    transport.send(List.of(new Message.HeartbeatResponse(A, B, 1, 1)));
    transport.send(List.of(Pair.heartbeat(A, new MemberId(99), 1)));

    assertThat(transport.stats().droppedUnconnected(Message.Stream.CONTROL))
        .isGreaterThanOrEqualTo(2);
  }
}
