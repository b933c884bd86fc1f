package io.raftkv.server;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PipelineCall;
import io.raftkv.proto.v1.PipelineGrpc;
import io.raftkv.proto.v1.PipelineRequest;
import io.raftkv.proto.v1.PipelineResponse;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RequestId;
import io.raftkv.proto.v1.SessionCloseRequest;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionOpenRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Two short lives of three members on free ports: reads flags as {@link Main} does, elects, serves
 * requests through each member, makes snapshots, ends, and starts again from what is on disk. It
 * loads the classes that a member needs, so that the launcher can put them into a class-data
 * archive, which halves the time until a member serves. Not for use by people.
 */
final class Training {
  private static final int LIVES = 2;
  private static final int MEMBERS = 3;
  private static final int SECONDS_MAX = 10;

  /** Through each member: enough for snapshots, and too little for the compilers to matter. */
  private static final int ROUNDS = 40;

  private static final int SNAPSHOT_ENTRIES = 50;

  private Training() {}

  public static void main(String[] arguments) throws StartException, IOException {
    load(Main.class);
    load(StoppedMember.class);
    Logging.install();
    Path folder = Files.createTempDirectory("kvd-training-");
    // Also when the launcher is told to end.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder), "delete"));
    List<HostPort> clients = new ArrayList<>();
    List<ServerConfig> members = members(folder, clients);
    for (int life = 0; life < LIVES; life++) {
      live(members, clients);
    }
    System.exit(ExitCode.OK.code());
  }

  private static void live(List<ServerConfig> members, List<HostPort> clients)
      throws StartException {
    List<KvServer> servers = new ArrayList<>();
    try {
      for (ServerConfig member : members) {
        servers.add(KvServer.start(member, (name, cause) -> {}));
      }
      clients.forEach(Training::use);
      for (KvServer server : servers) {
        System.out.println(server.readyLine());
      }
    } finally {
      servers.forEach(KvServer::close);
    }
  }

  /** What is only named is not archived. */
  private static void load(Class<?> type) {
    try {
      Class.forName(type.getName());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<ServerConfig> members(Path folder, List<HostPort> clients)
      throws StartException, IOException {
    List<HostPort> ports = freePorts(3 * MEMBERS);
    StringBuilder cluster = new StringBuilder();
    for (int i = 0; i < MEMBERS; i++) {
      cluster
          .append(i == 0 ? "" : ",")
          .append("n")
          .append(i + 1)
          .append('=')
          .append(ports.get(3 * i));
    }
    List<ServerConfig> members = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      clients.add(ports.get(3 * i + 1));
      Flags.Parsed flags =
          Flags.parse(
              "--name=n" + (i + 1),
              "--data-dir=" + folder.resolve("n" + (i + 1)),
              "--peer-listen=" + ports.get(3 * i),
              "--listen=" + ports.get(3 * i + 1),
              "--ops-listen=" + ports.get(3 * i + 2),
              "--initial-cluster=" + cluster,
              "--segment-bytes=1MiB",
              "--snapshot-entries=" + SNAPSHOT_ENTRIES);
      members.add(ServerConfig.of(Settings.read(flags.values(), Map.of())));
    }
    return members;
  }

  private static List<HostPort> freePorts(int count) throws StartException, IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<HostPort> ports = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        ports.add(HostPort.parse("port", "127.0.0.1:" + socket.getLocalPort()));
      }
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
    return ports;
  }

  /** What clients do, through the leader or a follower. */
  private static void use(HostPort client) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(client.toString()).usePlaintext().directExecutor().build();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
    try {
      int rounds = 0;
      while (rounds < ROUNDS && System.nanoTime() - deadline < 0) {
        // There may be no leader yet.
        rounds += tryRound(channel) ? 1 : 0;
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean tryRound(ManagedChannel channel) {
    ByteString key = ByteString.copyFromUtf8("training");
    KVGrpc.KVBlockingStub kv =
        KVGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS);
    SessionGrpc.SessionBlockingStub sessions =
        SessionGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS);
    try {
      long session =
          sessions
              .open(
                  SessionOpenRequest.newBuilder()
                      .setName("training")
                      .setTtl(Duration.newBuilder().setSeconds(SECONDS_MAX))
                      .build())
              .getSessionId();
      RequestId first =
          RequestId.newBuilder()
              .setSessionId(session)
              .setSequence(1)
              .setFirstOutstanding(1)
              .build();
      PutRequest put =
          PutRequest.newBuilder().setKey(key).setValue(key).setRequestId(first).build();
      var unusedAnswer = kv.put(put);
      var unusedRepeated = kv.put(put);
      var unusedKept =
          sessions.keepAlive(
              SessionKeepAliveRequest.newBuilder()
                  .setSessionId(session)
                  .setFirstOutstanding(2)
                  .build());
      var unusedClosed =
          sessions.close(SessionCloseRequest.newBuilder().setSessionId(session).build());
      var unusedPut =
          kv.put(PutRequest.newBuilder().setKey(key).setValue(key).setReturnPrevious(true).build());
      var unusedGet = kv.get(GetRequest.newBuilder().setKey(key).build());
      var unusedRange = kv.range(RangeRequest.newBuilder().setPrefix(key).build());
      var unusedDelete = kv.delete(DeleteRequest.newBuilder().setKey(key).build());
      return isAnswered(channel, put, GetRequest.newBuilder().setKey(key).build());
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Over a pipeline, as the Java client asks. */
  private static boolean isAnswered(ManagedChannel channel, PutRequest put, GetRequest get) {
    CountDownLatch open = new CountDownLatch(1);
    AtomicInteger answers = new AtomicInteger();
    StreamObserver<PipelineRequest> calls =
        PipelineGrpc.newStub(channel)
            .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
            .open(
                new StreamObserver<>() {
                  @Override
                  public void onNext(PipelineResponse response) {
                    answers.addAndGet(response.getAnswersCount());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    open.countDown();
                  }

                  @Override
                  public void onCompleted() {
                    open.countDown();
                  }
                });
    calls.onNext(
        PipelineRequest.newBuilder()
            .addCalls(PipelineCall.newBuilder().setId(1).setPut(put))
            .addCalls(PipelineCall.newBuilder().setId(2).setGet(get))
            .build());
    calls.onCompleted();
    try {
      open.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return answers.get() == 2;
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException | UncheckedIOException e) {
      // The system clears its temporary folder.
      System.err.println(folder + " stays: " + Failures.describe(e));
    }
  }
}
