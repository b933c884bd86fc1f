package io.raftkv.e2e.run;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.raftkv.client.Endpoint;
import io.raftkv.e2e.FreePorts;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.KeyValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What gRPC alone costs: a process that answers every get at once, on its network loops, with a
 * value of the size that is asked for at its start.
 */
final class BareEcho implements Contender {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final int POLLS_MAX = 200;

  private final int port = FreePorts.next();
  private final int valueBytes;
  private @Nullable Process process;

  BareEcho(int valueBytes) {
    this.valueBytes = valueBytes;
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
  }

  /** The server: its port, and the bytes of a value. */
  public static void main(String[] args) throws IOException, InterruptedException {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
    ByteString value = ByteString.copyFrom(new byte[Integer.parseInt(args[1])]);
    Server server =
        NettyServerBuilder.forAddress(address)
            .directExecutor()
            .addService(
                new KVGrpc.KVImplBase() {
                  @Override
                  public void get(GetRequest request, StreamObserver<GetResponse> observer) {
                    KeyValue found =
                        KeyValue.newBuilder().setKey(request.getKey()).setValue(value).build();
                    observer.onNext(GetResponse.newBuilder().setKv(found).build());
                    observer.onCompleted();
                  }
                })
            .build()
            .start();
    server.awaitTermination();
  }

  @Override
  public String target() {
    return "raftkv";
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(new Endpoint("127.0.0.1", port));
  }

  @Override
  public void start() throws IOException, InterruptedException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                BareEcho.class.getName(),
                Integer.toString(port),
                Integer.toString(valueBytes))
            .inheritIO()
            .start();
    for (int polls = 0; FreePorts.isFree(port); polls++) {
      if (polls == POLLS_MAX) {
        throw new AssertionError("the bare echo does not listen");
      }
      Run.pause(POLL);
    }
  }

  @Override
  public void read(String key) {
    throw new UnsupportedOperationException("it keeps nothing");
  }

  @Override
  public void killLeader() {
    throw new UnsupportedOperationException("nobody leads");
  }

  @Override
  public void stop() throws InterruptedException {
    kill();
    if (process != null) {
      process.waitFor();
    }
  }

  private void kill() {
    if (process != null) {
      process.destroyForcibly();
    }
  }
}
