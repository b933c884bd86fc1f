package io.raftkv.server;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A short life of three members on free ports: elects, writes, and ends. It loads the classes that
 * a member needs, so that the launcher can put them into a class-data archive, which halves the
 * time until a member serves. Not for use by people.
 */
final class Training {
  private static final int MEMBERS = 3;
  private static final int SECONDS_MAX = 10;

  private Training() {}

  public static void main(String[] arguments) throws StartException, IOException {
    Logging.install();
    Path folder = Files.createTempDirectory("kvd-training-");
    List<KvServer> servers = new ArrayList<>();
    try {
      List<HostPort> clients = new ArrayList<>();
      for (ServerConfig member : members(folder, clients)) {
        servers.add(KvServer.start(member, (name, cause) -> {}));
      }
      for (KvServer server : servers) {
        server.warmUp();
      }
      clients.forEach(Training::put);
    } finally {
      servers.forEach(KvServer::close);
      delete(folder);
    }
    System.exit(ExitCode.OK.code());
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
      Map<Setting, String> flags =
          Map.of(
              Setting.NAME, "n" + (i + 1),
              Setting.DATA_DIR, folder.resolve("n" + (i + 1)).toString(),
              Setting.PEER_LISTEN, ports.get(3 * i).toString(),
              Setting.LISTEN, ports.get(3 * i + 1).toString(),
              Setting.OPS_LISTEN, ports.get(3 * i + 2).toString(),
              Setting.INITIAL_CLUSTER, cluster.toString());
      members.add(ServerConfig.of(Settings.read(flags, Map.of())));
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

  /** Tries until there is a leader. */
  private static void put(HostPort client) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(client.toString()).usePlaintext().directExecutor().build();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
    try {
      boolean isWritten = false;
      while (!isWritten && System.nanoTime() - deadline < 0) {
        isWritten = tryPut(channel);
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean tryPut(ManagedChannel channel) {
    try {
      KVGrpc.newBlockingStub(channel)
          .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
          .put(
              PutRequest.newBuilder()
                  .setKey(ByteString.copyFromUtf8("training"))
                  .setValue(ByteString.copyFromUtf8("value"))
                  .build());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
