package io.raftkv.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetMembersTest {
  private static final Identity IDENTITY = new Identity(7, new MemberId(0xa));
  private static final MemberId B = new MemberId(0xb);
  private static final MemberId C = new MemberId(-1);

  @TempDir Path folder;

  private DataDir open() {
    DataDir dataDir = DataDir.open(folder.resolve("n1"));
    dataDir.claim(IDENTITY, 2);
    return dataDir;
  }

  private Path file() {
    return folder.resolve("n1").resolve("met");
  }

  @Test
  void whatIsNotedIsThereAtTheNextStart() {
    long number;
    try (DataDir dataDir = open()) {
      MetMembers met = dataDir.met();
      number = met.folder();
      assertThat(number).isNotZero();
      assertThat(met.needed()).isEqualTo(2);
      met.note(B, 17);
      met.note(C, -3);
      met.note(B, 18); // the first one counts
      met.noteAccepted();
    }
    try (DataDir dataDir = open()) {
      MetMembers met = dataDir.met();
      assertThat(met.folder()).isEqualTo(number);
      assertThat(met.needed()).isZero();
      assertThat(met.members()).hasSize(2).containsEntry(B, 17L).containsEntry(C, -3L);
    }
  }

  @Test
  void anyByteThatChangedIsFound() throws IOException {
    try (DataDir dataDir = open()) {
      dataDir.met().note(B, 17);
      byte[] bytes = Files.readAllBytes(file());
      for (int at = 0; at < bytes.length; at++) {
        for (int bit = 0; bit < 8; bit++) {
          byte[] changed = bytes.clone();
          changed[at] ^= (byte) (1 << bit);
          Files.write(file(), changed);
          assertThatThrownBy(dataDir::met)
              .as("byte %s", at)
              .isInstanceOf(DamagedException.class)
              .hasMessageContaining(file().toString());
        }
        Files.write(file(), java.util.Arrays.copyOf(bytes, at));
        assertThatThrownBy(dataDir::met).isInstanceOf(DamagedException.class);
      }
    }
  }

  /** As in a folder of an earlier version; if it was lost, the others know the old number. */
  @Test
  void memberThatRanWithoutTheFileGetsANewNumberAndTakesPart() throws IOException {
    long number;
    try (DataDir dataDir = open()) {
      number = dataDir.met().folder();
      dataDir.markStarted();
    }
    Files.delete(file());
    try (DataDir dataDir = open()) {
      assertThat(dataDir.met().folder()).isNotEqualTo(number);
      assertThat(dataDir.met().needed()).isZero();
    }
  }

  /** What is not durable does not count as noted: it is written when it is noted again. */
  @Test
  void noteThatFailedIsWrittenTheNextTime() throws IOException {
    MemberId other = new MemberId(0xe);
    try (DataDir dataDir = open()) {
      MetMembers met = dataDir.met();
      Path inTheWay = Files.createDirectory(file().resolveSibling("met.tmp"));
      assertThatThrownBy(() -> met.note(other, 5)).isInstanceOf(UncheckedIOException.class);
      assertThatThrownBy(met::noteAccepted).isInstanceOf(UncheckedIOException.class);
      assertThat(met.needed()).isEqualTo(2);
      Files.delete(inTheWay);

      met.note(other, 5);
      met.noteAccepted();

      assertThat(dataDir.met().members()).containsEntry(other, 5L);
      assertThat(dataDir.met().needed()).isZero();
    }
  }

  @Test
  void crashBeforeItRanIsNoDamage() throws IOException {
    open().close();
    Files.delete(file());
    try (DataDir dataDir = open()) {
      assertThat(dataDir.met().members()).isEmpty();
      assertThat(dataDir.met().needed()).isEqualTo(2);
    }
  }
}
