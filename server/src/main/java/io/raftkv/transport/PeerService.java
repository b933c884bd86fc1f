package io.raftkv.transport;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.raftkv.net.IoLoops;
import io.raftkv.proto.peer.v1.RaftGrpc;
import org.jspecify.annotations.Nullable;

/** The listening side: streams that peers open. Runs on the loops. */
final class PeerService {
  /** What the service needs of the transport. For any thread. */
  interface Host {
    /** Null until the transport has started. */
    @Nullable Peer greet(Metadata metadata) throws Handshake.RefusedException;

    Handshake handshake(Peer peer);

    RateLimitedLog log();
  }

  static final String STARTING = "this member is starting";

  private final TransportOptions options;
  private final IoLoops loops;
  private final TransportStats stats;
  private final Host host;

  PeerService(TransportOptions options, IoLoops loops, TransportStats stats, Host host) {
    this.options = options;
    this.loops = loops;
    this.stats = stats;
    this.host = host;
  }

  ServerServiceDefinition definition() {
    ServerServiceDefinition.Builder service =
        ServerServiceDefinition.builder(RaftGrpc.getServiceDescriptor().getName());
    for (Rpc rpc : Rpc.values()) {
      ServerCallHandler<Frame, Frame> handler = (call, headers) -> open(rpc, call, headers);
      service.addMethod(rpc.method(), handler);
    }
    return service.build();
  }

  private ServerCall.Listener<Frame> open(
      Rpc rpc, ServerCall<Frame, Frame> call, Metadata headers) {
    Peer peer;
    try {
      peer = host.greet(headers);
    } catch (Handshake.RefusedException e) {
      stats.countRefusedHandshake();
      host.log()
          .warn(
              "refused" + e.getMessage(),
              "refused a stream from {}: {}",
              call.getAttributes().get(io.grpc.Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
              Printable.of(e.getMessage()));
      return refuse(call, e.status());
    }
    if (peer == null) {
      return refuse(call, Status.UNAVAILABLE.withDescription(STARTING));
    }
    call.sendHeaders(host.handshake(peer).encode());
    call.request(Integer.MAX_VALUE);
    Inbound inbound = new Inbound(rpc, call, peer);
    peer.answerOn(rpc, inbound.outbox);
    return inbound;
  }

  private static ServerCall.Listener<Frame> refuse(ServerCall<Frame, Frame> call, Status status) {
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private final class Inbound extends ServerCall.Listener<Frame> implements Outbox.Sink {
    private final Rpc rpc;
    private final ServerCall<Frame, Frame> call;
    private final Peer peer;
    private final Outbox outbox;

    /** A bad message came: nothing that follows it is heard. */
    private boolean isRefused;

    Inbound(Rpc rpc, ServerCall<Frame, Frame> call, Peer peer) {
      this.rpc = rpc;
      this.call = call;
      this.peer = peer;
      this.outbox = new Outbox(loops.current(), this, options.budget(rpc.stream()), stats);
    }

    @Override
    public void onMessage(Frame frame) {
      if (isRefused) {
        return;
      }
      try {
        peer.received(frame);
      } catch (BadMessageException e) {
        isRefused = true;
        outbox.close(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
      }
    }

    @Override
    public void onReady() {
      outbox.schedule();
    }

    @Override
    public void onHalfClose() {
      outbox.close(Status.OK);
    }

    @Override
    public void onCancel() {
      peer.answerEnded(rpc, outbox);
    }

    @Override
    public void onComplete() {
      peer.answerEnded(rpc, outbox);
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void send(Frame frame) {
      call.sendMessage(frame);
    }

    @Override
    public void close(Status status) {
      call.close(status, new Metadata());
    }
  }
}
