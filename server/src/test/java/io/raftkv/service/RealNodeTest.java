package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.net.IoLoops;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.MemberListRequest;
import io.raftkv.proto.v1.StatusRequest;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.Transport;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.raft.node.ThreadLanes;
import io.raftkv.storage.BackupFile;
import io.raftkv.storage.MemoryLog;
import io.raftkv.storage.MemorySnapshots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cluster of one: the services on the node itself, over the network. */
final class RealNodeTest {
  private static final MemberId SELF = new MemberId(1);

  @Test
  @Timeout(60)
  void clusterOfOneServes() throws Exception {
    MemoryLog log = new MemoryLog();
    MemorySnapshots snapshots = new MemorySnapshots();
    KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
    AtomicReference<Throwable> failed = new AtomicReference<>();
    RaftNode.bootstrap(
        log, snapshots, Configuration.of(List.of(new Member(SELF, "n1", "127.0.0.1:1", true))));
    RaftNode node =
        new RaftNode(
            new RaftNode.Parts(
                SELF,
                RaftOptions.DEFAULT,
                Duration.ofMillis(1),
                log,
                snapshots,
                store,
                new NoTransport(),
                new ThreadLanes("test-"),
                NodeClock.SYSTEM,
                new Random(1)::nextInt,
                failed::set));
    ClientServer server =
        ClientServer.open(
            new ClientServer.Parts(
                new MemberIdentity(9, SELF, "n1", "1"),
                node,
                store,
                member -> Optional.of("127.0.0.1:2"),
                ServiceHarness.FIGURES,
                (meta, state, file) -> BackupFile.write(9, meta, state, file),
                ServiceLimits.DEFAULT,
                ConnectionLimits.DEFAULT,
                true,
                IoLoops.open("client-io"),
                NodeClock.SYSTEM,
                ServiceMetrics.NONE),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    try {
      node.start();
      HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
      do {
        server.health().run();
      } while (health.check(HealthCheckRequest.getDefaultInstance()).getStatus()
          != ServingStatus.SERVING);

      KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
      for (int i = 1; i <= 100; i++) {
        assertThat(kv.put(putRequest("a", "v" + i).build()).getModRevision()).isEqualTo(i);
        var got = kv.get(GetRequest.newBuilder().setKey(bytes("a")).build());
        assertThat(got.getKv().getValue()).isEqualTo(bytes("v" + i));
        assertThat(got.getHeader().getLeaderId()).isEqualTo(SELF.value());
      }
      var status =
          MaintenanceGrpc.newBlockingStub(channel).status(StatusRequest.getDefaultInstance());
      assertThat(status.getRole()).isEqualTo("LEADER");
      assertThat(status.getAppliedIndex()).isGreaterThan(100);
      var members =
          ClusterGrpc.newBlockingStub(channel).memberList(MemberListRequest.getDefaultInstance());
      assertThat(members.getMembersList()).hasSize(1);
      assertThat(failed.get()).isNull();
    } finally {
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
      server.close();
      node.close();
    }
  }

  /** A cluster of one has nobody to talk to. */
  private static final class NoTransport implements Transport {
    @Override
    public void start(Listener listener) {}

    @Override
    public void send(List<Message> messages) {}

    @Override
    public void setMembers(Configuration configuration) {}

    @Override
    public Optional<String> clientAddress(MemberId member) {
      return Optional.empty();
    }

    @Override
    public void close() {}
  }
}
