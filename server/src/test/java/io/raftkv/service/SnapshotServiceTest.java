package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.bytes;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.SnapshotChunk;
import io.raftkv.proto.v1.SnapshotRequest;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.RaftException;
import io.raftkv.storage.BackupFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A backup as a stream, in process and, where the network matters, over loopback. */
@Timeout(120)
final class SnapshotServiceTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final ServiceHarness harness = new ServiceHarness();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    harness.close();
  }

  private static SnapshotRequest local() {
    return SnapshotRequest.newBuilder()
        .setRead(ReadOptions.newBuilder().setConsistency(Consistency.LOCAL))
        .build();
  }

  private List<SnapshotChunk> backup(SnapshotRequest request) {
    List<SnapshotChunk> chunks = new ArrayList<>();
    harness.maintenance.snapshot(request).forEachRemaining(chunks::add);
    return chunks;
  }

  /** What the chunks make together; each has to be where and what it says. */
  private byte[] file(List<SnapshotChunk> chunks) {
    ByteString file = ByteString.EMPTY;
    for (SnapshotChunk chunk : chunks) {
      assertThat(chunk.getOffset()).isEqualTo(file.size());
      CRC32C crc = new CRC32C();
      crc.update(chunk.getData().toByteArray());
      assertThat(chunk.getCrc32C()).isEqualTo((int) crc.getValue());
      assertThat(chunk.getData().size()).isBetween(1, 256 << 10);
      file = file.concat(chunk.getData());
    }
    return file.toByteArray();
  }

  /** Nothing that compresses. */
  private void putMuch(int keys) {
    byte[] value = new byte[256 << 10];
    Random random = new Random(1);
    for (int i = 0; i < keys; i++) {
      random.nextBytes(value);
      var unused =
          harness.kv.put(putRequest("k" + i, "").setValue(ByteString.copyFrom(value)).build());
    }
  }

  @Test
  void theChunksTogetherAreAFileOfTheWholeState() throws IOException {
    harness.put("a", "1");
    harness.put("a", "2");
    putMuch(8);

    List<SnapshotChunk> chunks = backup(SnapshotRequest.getDefaultInstance());

    assertThat(chunks).hasSizeGreaterThan(10);
    SnapshotChunk first = chunks.get(0);
    assertThat(first.getHeader().getRevision()).isEqualTo(10);
    assertThat(first.getHeader().getClusterId()).isEqualTo(ServiceHarness.CLUSTER_ID);
    assertThat(first.getIndex()).isEqualTo(10);
    assertThat(chunks.subList(1, chunks.size())).noneMatch(SnapshotChunk::hasHeader);
    byte[] bytes = file(chunks);
    assertThat(chunks.get(chunks.size() - 1).getTotalBytes()).isEqualTo(bytes.length);
    assertThat(chunks.stream().filter(chunk -> chunk.getTotalBytes() > 0)).hasSize(1);
    try (BackupFile file =
        BackupFile.open(Files.write(folder.resolve("backup"), bytes)).orElseThrow()) {
      assertThat(file.clusterId()).isEqualTo(ServiceHarness.CLUSTER_ID);
      assertThat(file.meta().index()).isEqualTo(10);
      assertThat(file.meta().last().term()).isEqualTo(7);
      assertThat(file.meta().configuration().members()).hasSize(3);
      KvStateMachine restored = new KvStateMachine(KvLimits.DEFAULT);
      restored.restore(file.stream());
      assertThat(restored.view().contentHash(0)).isEqualTo(harness.store.view().contentHash(0));
      assertThat(restored.view().contentHash(1)).isEqualTo(harness.store.view().contentHash(1));
    }
    assertThat(harness.finished).contains("Maintenance.Snapshot OK");
    harness.assertNothingInFlight();
    assertThat(harness.context.calls().answers().bytes()).isZero();
  }

  @Test
  void whatWasAcknowledgedBeforeIsInItUnlessLessIsAskedFor() {
    harness.put("a", "1");
    harness.consensus.barrierFailure =
        new RaftException(RaftException.Reason.NO_LEADER, "no leader");
    harness.consensus.leader = MemberId.NONE;

    ServiceHarness.assertRefused(
        () -> backup(SnapshotRequest.getDefaultInstance()), Reason.NO_LEADER, "not_applied");

    assertThat(backup(local()).get(0).getHeader().getRevision()).isEqualTo(1);
    harness.assertNothingInFlight();
  }

  @Test
  void thePastAndAMemberWithoutAnythingAreRefused() {
    ServiceHarness.assertRefused(() -> backup(local()), Reason.NOT_READY, "not_applied");
    harness.put("a", "1");
    SnapshotRequest past =
        SnapshotRequest.newBuilder().setRead(ReadOptions.newBuilder().setAtRevision(1)).build();
    ServiceHarness.assertRefused(() -> backup(past), Reason.BAD_REVISION, "not_applied");
  }

  private ManagedChannel connect(int port) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .flowControlWindow(1 << 16)
            .usePlaintext()
            .build();
    opened.add(
        0,
        () -> {
          channel.shutdownNow();
          channel.awaitTermination(10, TimeUnit.SECONDS);
        });
    return channel;
  }

  private ClientServer serve() throws IOException {
    ClientServer server =
        ClientServer.open(
            harness.context,
            ConnectionLimits.DEFAULT,
            false,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    opened.add(server);
    return server;
  }

  /** A client that asks for a backup and takes as many chunks as it is told. */
  private static final class Reader extends ClientCall.Listener<SnapshotChunk> {
    final ClientCall<SnapshotRequest, SnapshotChunk> call;
    final AtomicInteger chunks = new AtomicInteger();
    final CompletableFuture<Status> end = new CompletableFuture<>();

    Reader(ManagedChannel channel, int taken) {
      call = channel.newCall(MaintenanceGrpc.getSnapshotMethod(), CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.sendMessage(SnapshotRequest.getDefaultInstance());
      call.halfClose();
      call.request(taken);
    }

    @Override
    public void onMessage(SnapshotChunk chunk) {
      chunks.incrementAndGet();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(status);
    }
  }

  private void assertOthersAreServed(ManagedChannel channel) {
    var found =
        KVGrpc.newBlockingStub(channel).get(GetRequest.newBuilder().setKey(bytes("k0")).build());
    assertThat(found.getKv().getValue().size()).isEqualTo(256 << 10);
  }

  @Test
  void whoTakesNothingHoldsLittleAndIsCutOff() throws Exception {
    putMuch(64);
    ClientServer server = serve();
    Reader silent = new Reader(connect(server.port()), 1);
    Reader alsoSilent = new Reader(connect(server.port()), 1);
    await().atMost(LONG).until(() -> silent.chunks.get() == 1 && alsoSilent.chunks.get() == 1);

    assertThat(server.answerBytes()).isEqualTo(2 * (SnapshotReply.HELD_BYTES + 512));
    assertOthersAreServed(connect(server.port()));

    await()
        .atMost(LONG)
        .until(
            () -> {
              // Both may still have been about to write when the time was first up.
              harness.clock.advance(ServiceLimits.DEFAULT.answerTakenMax());
              return server.answerBytes() == 0;
            });
    silent.call.request(1_000);
    assertThat(silent.end.get(60, TimeUnit.SECONDS).isOk()).isFalse();
    assertThat(harness.finished)
        .filteredOn(call -> call.equals("Maintenance.Snapshot TIMEOUT"))
        .hasSize(2);
    // The threads are free again.
    Reader next = new Reader(connect(server.port()), 1_000);
    assertThat(next.end.get(60, TimeUnit.SECONDS).isOk()).isTrue();
    harness.assertNothingInFlight();
  }

  @Test
  void whoGoesAwayEndsTheWork() throws Exception {
    putMuch(64);
    ClientServer server = serve();
    Reader leaving = new Reader(connect(server.port()), 1);
    await().atMost(LONG).until(() -> leaving.chunks.get() == 1);

    leaving.call.cancel("enough", null);

    await().atMost(LONG).until(() -> server.requestsInFlight() == 0 && server.answerBytes() == 0);
    assertThat(harness.finished).contains("Maintenance.Snapshot CANCELLED");
  }

  /** A client has as long for each chunk as for an answer, and no limit for all of them. */
  @Test
  void whoIsSlowGetsEverything() throws Exception {
    putMuch(16);
    ClientServer server = serve();
    Reader slow = new Reader(connect(server.port()), 1);
    while (!slow.end.isDone()) {
      int before = slow.chunks.get();
      await().atMost(LONG).until(() -> slow.chunks.get() > 0);
      harness.clock.advance(ServiceLimits.DEFAULT.answerTakenMax().dividedBy(4));
      slow.call.request(8);
      await().atMost(LONG).until(() -> slow.end.isDone() || slow.chunks.get() > before);
    }

    assertThat(slow.end.get().isOk()).isTrue();
  }
}
