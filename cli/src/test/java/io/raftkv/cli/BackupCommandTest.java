package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kvctl backup}. */
final class BackupCommandTest {
  /** As the servers write it, whose tests have the same bytes. */
  private static final byte[] SOUND =
      Base64.getDecoder()
          .decode(
              "cmFmdGtzbnAAAAACAAAAAQAAAAAAAAAHAAAAAAAAACgAAAAAAAAAAwAAADYBAAAAAQAAAAAA"
                  + "AAAAAAAAAQEAAAAAAAAAAAAAAAJuMQAAAA4xMjcuMC4wLjE6NzQwMQAAAACoMPpQAAAACQAA"
                  + "AAmGoL2odGhlIHN0YXRlAAAAAAAAAAAAAAABAAAAAAAAAAkfMtEe");

  @TempDir Path folder;
  private final FakeServer server = new FakeServer();
  private Path file;

  @BeforeEach
  void serve() {
    server.backup = SOUND;
    file = folder.resolve("all.backup");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Run save(String... more) {
    return saveFrom(server.endpoint(), more);
  }

  private Run saveFrom(String endpoints, String... more) {
    return Run.kvctl(
        Stream.concat(
                Stream.of(
                    "backup",
                    "save",
                    file.toString(),
                    "--timeout",
                    "30s",
                    "--endpoints",
                    endpoints),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private Run verify(byte[] bytes, String... more) throws IOException {
    Files.write(file, bytes);
    return Run.kvctl(
        Stream.concat(Stream.of("backup", "verify", file.toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> String.valueOf(path.getFileName())).toList();
    }
  }

  private void assertNothingWasWritten(Run save, int exitCode) throws IOException {
    assertThat(save.exitCode()).as(save.err()).isEqualTo(exitCode);
    assertThat(save.err()).startsWith("kvctl: ").hasLineCount(1);
    assertThat(names()).isEmpty();
  }

  @Test
  void whatTheMemberSendsIsInTheFile() throws IOException {
    Run save = save();

    assertThat(save.exitCode()).as(save.err()).isZero();
    assertThat(save.text())
        .isEqualTo("saved revision 0, index 40, " + SOUND.length + " bytes in " + file + "\n");
    assertThat(save.err()).isEmpty();
    assertThat(file).hasBinaryContent(SOUND);
    assertThat(names()).containsExactly("all.backup");
  }

  @Test
  void theAnswerIsAnObjectOrNothingIfAskedFor() throws IOException {
    assertThat(save("-o", "json").text())
        .contains("\"revision\":0,\"index\":40,\"bytes\":" + SOUND.length)
        .contains("\"member_id\":\"" + Long.toUnsignedString(FakeServer.ID) + "\"");
    assertThat(save("--force", "--quiet").text()).isEmpty();
    assertThat(verify(SOUND, "-o", "json").text())
        .contains("\"cluster_id\":\"7\",\"index\":40,\"bytes\":" + SOUND.length);
  }

  @Test
  void aFileThatExistsIsReplacedOnlyByForce() throws IOException {
    Files.writeString(file, "old");

    Run save = save();

    assertThat(save.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(save.err()).isEqualTo("kvctl: " + file + ": exists; --force replaces it\n");
    assertThat(file).hasContent("old");
    assertThat(save("--force").exitCode()).isZero();
    assertThat(file).hasBinaryContent(SOUND);
  }

  @Test
  void aBackupThatBreaksOffLeavesNothingAndTheOldFileStays() throws IOException {
    server.isBackupCut = true;
    Run cut = save();
    assertNothingWasWritten(cut, ExitCode.UNAVAILABLE);
    assertThat(cut.err()).contains("cut short after " + SOUND.length + " bytes");

    server.failures.add(FakeServer.failure(Code.UNAVAILABLE, "NO_LEADER", "read"));
    assertNothingWasWritten(save(), ExitCode.UNAVAILABLE);

    Files.writeString(file, "old");
    assertThat(save("--force").exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(file).hasContent("old");
    assertThat(names()).containsExactly("all.backup");
  }

  @Test
  void theNextEndpointIsAskedIfOneIsNotThere() throws IOException {
    Run save = saveFrom("127.0.0.1:1," + server.endpoint());

    assertThat(save.exitCode()).as(save.err()).isZero();
    assertThat(save.err())
        .contains("127.0.0.1:1")
        .contains("the next one is asked")
        .hasLineCount(1);
    assertThat(file).hasBinaryContent(SOUND);
  }

  @Test
  void aSoundBackupIsSoundWithoutAnyMember() throws IOException {
    server.close();

    assertThat(verify(SOUND).text())
        .isEqualTo("ok: index 40 of cluster 0000000000000007, " + SOUND.length + " bytes\n");
  }

  @Test
  void everyFlippedBitIsFound() throws IOException {
    for (int bit = Long.SIZE; bit < SOUND.length * 8; bit++) {
      byte[] damaged = SOUND.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Run verify = verify(damaged);
      boolean isFormat = bit / 8 < 12;
      assertThat(verify.exitCode())
          .as("bit %d", bit)
          .isEqualTo(isFormat ? ExitCode.INVALID : ExitCode.CORRUPT);
      assertThat(verify.err()).startsWith("kvctl: " + file + ": is ").hasLineCount(1);
    }
  }

  @Test
  void aCutFileAndOneWithMoreBehindItAreDamaged() throws IOException {
    for (int length = Long.BYTES; length < SOUND.length; length++) {
      assertThat(verify(Arrays.copyOf(SOUND, length)).exitCode())
          .as("%d bytes", length)
          .isEqualTo(ExitCode.CORRUPT);
    }
    Run more = verify(Arrays.copyOf(SOUND, SOUND.length + 1));
    assertThat(more.exitCode()).isEqualTo(ExitCode.CORRUPT);
    assertThat(more.err()).contains("bytes behind the end");
  }

  @Test
  void whatIsNoBackupIsInvalid() throws IOException {
    assertThat(verify(new byte[0]).err()).contains("is no backup of raftkv").hasLineCount(1);
    assertThat(verify(new byte[100]).exitCode()).isEqualTo(ExitCode.INVALID);
    Run missing = Run.kvctl("backup", "verify", folder.resolve("nowhere").toString());
    assertThat(missing.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(missing.err()).contains("nowhere: no such file");
    assertThat(Run.kvctl("backup", "verify", folder.toString()).err()).contains("is a directory");
    assertThat(Run.kvctl("backup").exitCode()).isEqualTo(ExitCode.INVALID);
  }
}
