package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.StateMachine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackupFileTest {
  private static final SnapshotMeta META =
      new SnapshotMeta(
          new EntryId(40, 3),
          Configuration.of(List.of(new Member(new MemberId(1), "n1", "127.0.0.1:7401", true))));

  @TempDir Path folder;

  /** A state of these bytes. */
  private record Bytes(byte[] bytes) implements StateMachine.Frozen {
    @Override
    public void writeTo(OutputStream out) throws IOException {
      out.write(bytes);
    }

    @Override
    public long appliedIndex() {
      return META.index();
    }
  }

  private static byte[] backup(byte[] state) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    BackupFile.write(7, META, new Bytes(state), file::writeBytes);
    return file.toByteArray();
  }

  private Optional<byte[]> read(byte[] bytes) throws IOException {
    Optional<BackupFile> opened = BackupFile.open(Files.write(folder.resolve("backup"), bytes));
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (BackupFile file = opened.get()) {
      assertThat(file.clusterId()).isEqualTo(7);
      assertThat(file.meta()).isEqualTo(META);
      return Optional.of(file.stream().readAllBytes());
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void whatIsWrittenIsReadWhetherItCompressesOrNot() throws IOException {
    for (byte[] state : new byte[][] {new byte[0], random(300_000), new byte[1_000_000]}) {
      assertThat(read(backup(state))).hasValue(state);
    }
    assertThat(backup(new byte[1_000_000])).hasSizeLessThan(100_000);
  }

  /** kvctl reads it by itself, and its tests have the same bytes. */
  @Test
  void theFormOfTheFileStays() throws IOException {
    byte[] file = backup("the state".getBytes(StandardCharsets.US_ASCII));

    assertThat(Base64.getEncoder().encodeToString(file))
        .isEqualTo(
            "cmFmdGtzbnAAAAACAAAAAQAAAAAAAAAHAAAAAAAAACgAAAAAAAAAAwAAADYBAAAAAQAAAAAA"
                + "AAAAAAAAAQEAAAAAAAAAAAAAAAJuMQAAAA4xMjcuMC4wLjE6NzQwMQAAAACoMPpQAAAACQAA"
                + "AAmGoL2odGhlIHN0YXRlAAAAAAAAAAAAAAABAAAAAAAAAAkfMtEe");
  }

  @Test
  void partsAreNoLargerThanAMessageMayBe() throws IOException {
    BackupFile.write(
        7,
        META,
        new Bytes(random(1_000_000)),
        part -> assertThat(part).hasSizeLessThanOrEqualTo(256 << 10));
  }

  @Test
  void everyFlippedBitIsFound() throws IOException {
    byte[] file = backup(random(500));
    for (int bit = 0; bit < file.length * 8; bit++) {
      byte[] damaged = file.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      if (bit < Long.SIZE) {
        assertThat(read(damaged)).as("bit %d of the magic", bit).isEmpty();
      } else {
        assertDamaged(damaged);
      }
    }
  }

  @Test
  void aCutFileAndOneWithMoreBehindItAreFound() throws IOException {
    byte[] file = backup(random(200_000));
    for (int length : new int[] {8, 30, 60, 100, 131_000, file.length - 24, file.length - 1}) {
      assertDamaged(Arrays.copyOf(file, length));
    }
    assertDamaged(Arrays.copyOf(file, file.length + 1));
  }

  private void assertDamaged(byte[] file) {
    assertThatThrownBy(() -> read(file)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNoBackupIsNotTakenForADamagedOne() throws IOException {
    assertThat(read(new byte[0])).isEmpty();
    assertThat(read("kvd".getBytes(StandardCharsets.US_ASCII))).isEmpty();
    assertThat(read(random(1_000))).isEmpty();
  }
}
