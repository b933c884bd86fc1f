package io.raftkv.server;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.StatusRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a member once through its own port, before it says that it is ready: the first call loads
 * so many classes that it could miss a short deadline. Reads only.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final int SECONDS_MAX = 5;

  private WarmUp() {}

  static void call(InetSocketAddress listen) {
    InetAddress address = listen.getAddress();
    InetAddress target = address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address;
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(new InetSocketAddress(target, listen.getPort()))
            .usePlaintext()
            .directExecutor()
            .build();
    try {
      KVGrpc.newBlockingStub(channel)
          .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
          .get(
              GetRequest.newBuilder()
                  .setKey(ByteString.copyFromUtf8("warm-up"))
                  .setRead(ReadOptions.newBuilder().setConsistency(Consistency.LOCAL))
                  .build());
      MaintenanceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
          .status(StatusRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      // Nothing depends on it: it only costs the first caller some time.
      LOG.info("warming up: {}", e.getStatus().getCode());
    } finally {
      channel.shutdownNow();
    }
  }
}
