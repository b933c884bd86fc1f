package io.raftkv.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.raftkv.proto.v1.Consistency;
import io.raftkv.proto.v1.SnapshotChunk;
import io.raftkv.proto.v1.SnapshotRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A backup comes whole, or there is an error that says why not. */
@Timeout(60)
class SnapshotTest {
  private final FakeMember member = new FakeMember(1).leads();
  private final KvClient client = FakeCluster.clientOf(member);
  private final ByteArrayOutputStream to = new ByteArrayOutputStream();

  @AfterEach
  void close() {
    client.close();
    member.close();
  }

  private static SnapshotChunk.Builder chunk(long offset, String data) {
    CRC32C crc = new CRC32C();
    crc.update(ByteString.copyFromUtf8(data).toByteArray());
    return SnapshotChunk.newBuilder()
        .setOffset(offset)
        .setData(ByteString.copyFromUtf8(data))
        .setCrc32C((int) crc.getValue());
  }

  private SnapshotChunk first() {
    return chunk(0, "one").setHeader(member.header()).setIndex(17).build();
  }

  private static SnapshotChunk last() {
    return chunk(3, "two").setTotalBytes(6).build();
  }

  private KvException refused(Object... answers) {
    member.script(List.of(answers));
    KvException e =
        catchThrowableOfType(
            KvException.class, () -> client.maintenance().snapshot(member.endpoint(), to));
    assertThat(e.outcome()).isEqualTo(Outcome.READ);
    assertThat(e).hasMessageContaining("backup at " + member.endpoint());
    return e;
  }

  @Test
  void theChunksAreWrittenInOrderAndTheResultSaysWhatTheyAre() throws IOException {
    member.script(List.of(first(), last()));

    SnapshotResult result = client.maintenance().snapshot(member.endpoint(), to);

    assertThat(to.toString()).isEqualTo("onetwo");
    assertThat(result.totalBytes()).isEqualTo(6);
    assertThat(result.index()).isEqualTo(17);
    assertThat(result.header().revision()).isEqualTo(42);
    SnapshotRequest request = (SnapshotRequest) member.received.get(0);
    assertThat(request.getRead().getConsistency()).isEqualTo(Consistency.LINEARIZABLE);
  }

  @Test
  void aMemberThatIsAskedForWhatItHasIsAskedForThat() throws IOException {
    member.script(List.of(chunk(0, "all").setHeader(member.header()).setTotalBytes(3).build()));

    assertThat(
            client.maintenance().snapshot(member.endpoint(), ReadOptions.local(), to).totalBytes())
        .isEqualTo(3);

    SnapshotRequest request = (SnapshotRequest) member.received.get(0);
    assertThat(request.getRead().getConsistency()).isEqualTo(Consistency.LOCAL);
  }

  @Test
  void aStreamWithoutItsEndIsCutShort() {
    KvException e = refused(first());

    assertThat(e.reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(e).hasMessageContaining("cut short after 3 bytes");
    assertThat(refused().reason()).isEqualTo(Reason.CONNECTION_LOST);
  }

  @Test
  void damageOnTheWayIsFoundBeforeItIsWritten() {
    SnapshotChunk damaged = last().toBuilder().setData(ByteString.copyFromUtf8("twO")).build();

    assertThat(refused(first(), damaged).reason()).isEqualTo(Reason.CORRUPT);

    assertThat(to.toString()).isEqualTo("one");
  }

  @Test
  void aGapARepetitionAndAWrongSizeAreFound() {
    assertThat(refused(first(), chunk(4, "two").setTotalBytes(7).build()).reason())
        .isEqualTo(Reason.CORRUPT);
    assertThat(refused(first(), first()).reason()).isEqualTo(Reason.CORRUPT);
    assertThat(refused(first(), chunk(3, "two").setTotalBytes(7).build()).reason())
        .isEqualTo(Reason.CORRUPT);
    assertThat(refused(first(), last(), chunk(6, "more").build()).reason())
        .isEqualTo(Reason.CORRUPT);
  }

  @Test
  void whatTheMemberSaysIsPassedOn() {
    KvException e =
        refused(first(), FakeMember.error(Code.UNAVAILABLE, "NO_LEADER", "read", Map.of()));

    assertThat(e.reason()).isEqualTo(Reason.NO_LEADER);
  }

  @Test
  void aMemberThatIsNotThereOrFallsSilentIsToldApart() {
    try (KvClient hasty =
        KvClient.connect(
            FakeCluster.PATIENT
                .withEndpoints(List.of(member.endpoint()))
                .withTimeout(Duration.ofMillis(300)))) {
      member.script(List.of(first(), FakeMember.SILENCE));
      KvException silent =
          catchThrowableOfType(
              KvException.class, () -> hasty.maintenance().snapshot(member.endpoint(), to));
      assertThat(silent.reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(silent).hasMessageContaining("after 3 bytes");
    }
    Endpoint gone = member.endpoint();
    member.stop();
    assertThatThrownBy(() -> client.maintenance().snapshot(gone, to))
        .isInstanceOfSatisfying(
            KvException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
  }

  @Test
  void aTargetThatFailsEndsItWithItsOwnError() {
    member.script(List.of(first(), last()));
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("no room");
          }
        };

    assertThatThrownBy(() -> client.maintenance().snapshot(member.endpoint(), full))
        .isInstanceOf(IOException.class)
        .hasMessage("no room");
  }

  @Test
  void aClientThatIsClosedEndsIt() {
    member.script(List.of(first(), FakeMember.SILENCE));
    CompletableFuture<Void> written = new CompletableFuture<>();
    OutputStream telling =
        new OutputStream() {
          @Override
          public void write(int b) {
            written.complete(null);
          }
        };
    CompletableFuture<SnapshotResult> saving =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return client.maintenance().snapshot(member.endpoint(), telling);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    written.join();

    client.close();

    assertThatThrownBy(saving::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            KvException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CLIENT_CLOSED));
  }

  @Test
  void aCallbackOfAFutureMustNotWaitForOne() {
    assertThatThrownBy(
            () ->
                client
                    .getAsync(ByteSequence.of("k"), GetOptions.DEFAULT)
                    .thenAccept(
                        found -> {
                          try {
                            client.maintenance().snapshot(member.endpoint(), to);
                          } catch (IOException e) {
                            throw new IllegalStateException("it was sent", e);
                          }
                        })
                    .get())
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("inside a callback");
  }
}
