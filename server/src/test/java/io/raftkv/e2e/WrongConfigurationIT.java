package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A member that cannot run as told ends with its exit code and one line that names the cause. */
final class WrongConfigurationIT {
  private static final int WRONG_CONFIGURATION = 2;
  private static final int DATA_DIR = 3;

  @TempDir Path folder;
  private Path dataDir;
  private int peerPort;

  @BeforeEach
  void choosePorts() {
    dataDir = folder.resolve("data");
    peerPort = FreePorts.next();
  }

  private List<String> valid(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--listen=127.0.0.1:" + FreePorts.next(),
                "--peer-listen=127.0.0.1:" + peerPort,
                "--ops-listen=127.0.0.1:" + FreePorts.next(),
                "--segment-bytes=1MiB"));
    addUnlessGiven(arguments, "--data-dir=" + dataDir, more);
    addUnlessGiven(arguments, "--initial-cluster=n1=127.0.0.1:" + peerPort, more);
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static void addUnlessGiven(List<String> arguments, String argument, String... more) {
    String flag = argument.substring(0, argument.indexOf('=') + 1);
    if (List.of(more).stream().noneMatch(given -> given.startsWith(flag))) {
      arguments.add(argument);
    }
  }

  private void assertRefused(int exitCode, String cause, List<String> arguments) {
    assertRefused(exitCode, cause, Map.of(), arguments);
  }

  private void assertRefused(
      int exitCode, String cause, Map<String, String> environment, List<String> arguments) {
    try (KvdProcess kvd = KvdProcess.start(folder, KvdProcess.QUICK_JVM, environment, arguments)) {
      int code = kvd.awaitExit();
      assertThat(kvd.stderr()).singleElement().asString().startsWith("kvd: ").contains(cause);
      assertThat(kvd.stdout()).isEmpty();
      assertThat(code).isEqualTo(exitCode);
    }
  }

  /** Starts a member with these arguments, and ends it. */
  private void runOnce(List<String> arguments) {
    try (KvdProcess kvd = KvdProcess.start(folder, arguments.toArray(String[]::new))) {
      kvd.awaitReady();
      kvd.terminate();
      assertThat(kvd.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--hartbeat=1s                           | did you mean --heartbeat?",
        "--advertise=127.0.0.1:0                 | port 0 is not between 1 and 65535",
        "--advertise=127.0.0.1:70000             | port 70000 is not between 1 and 65535",
        "--initial-cluster=n1=127.0.0.1:9,n1=127.0.0.1:10 | names n1 twice",
        "--initial-cluster=n1=127.0.0.1:9,n2=127.0.0.1:9  | address 127.0.0.1:9 twice",
        "--heartbeat=2s                          | must be shorter than",
      })
  void aWrongSettingIsRefused(String flag, String cause) {
    assertRefused(WRONG_CONFIGURATION, cause, valid(flag));
    assertThat(dataDir).doesNotExist();
  }

  @Test
  void anUnknownEnvironmentVariableIsRefused() {
    assertRefused(
        WRONG_CONFIGURATION, "did you mean KVD_NAME?", Map.of("KVD_NAMES", "n1"), valid());
  }

  @Test
  void anUnknownKeyInTheFileIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("kvd.properties"), "snapshot-entry=5\n");

    assertRefused(WRONG_CONFIGURATION, "did you mean snapshot-entries?", valid("--config=" + file));
  }

  @ParameterizedTest
  @CsvSource({"--listen", "--peer-listen", "--ops-listen"})
  void aPortThatIsTakenIsRefused(String flag) throws IOException {
    int port = FreePorts.next();
    List<String> arguments = new ArrayList<>(valid());
    arguments.removeIf(argument -> argument.startsWith(flag + "="));
    arguments.add(flag + "=127.0.0.1:" + port);
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
      assertRefused(WRONG_CONFIGURATION, "127.0.0.1:" + port, arguments);
    }
  }

  @Test
  void aNewDataDirThatWasNamedStartsAClusterOnlyIfItsMembersAreNamed() throws IOException {
    List<String> arguments = new ArrayList<>(valid());
    arguments.removeIf(argument -> argument.startsWith("--initial-cluster="));
    String cause = "--initial-cluster n1=127.0.0.1:" + peerPort;

    assertRefused(WRONG_CONFIGURATION, cause, arguments);
    assertThat(dataDir).doesNotExist();
    // As a mount point without its file system.
    Files.createDirectory(dataDir);
    assertRefused(WRONG_CONFIGURATION, cause, arguments);
    assertThat(dataDir).isEmptyDirectory();

    runOnce(valid());
    runOnce(arguments);
  }

  @Test
  void aDataDirThatIsAFileIsRefused() throws IOException {
    Files.writeString(dataDir, "I am a file");

    assertRefused(DATA_DIR, dataDir.toString(), valid());
    assertThat(dataDir).hasContent("I am a file");
  }

  @Test
  void aDataDirThatIsASymbolicLinkIsRefused() throws IOException {
    Path target = Files.createDirectory(folder.resolve("target"));
    Files.createSymbolicLink(dataDir, target);

    assertRefused(DATA_DIR, dataDir.toString(), valid());
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void aDataDirWithSomethingElseInItIsRefused() throws IOException {
    Files.createDirectory(dataDir);
    Path other = Files.writeString(dataDir.resolve("holiday.txt"), "photos");

    assertRefused(DATA_DIR, dataDir.toString(), valid());
    assertThat(dataDir).isDirectoryContaining(file -> file.equals(other));
  }

  @Test
  void aDataDirThatCannotBeWrittenIsRefused() {
    // The kernel lets nobody make folders there, not even root.
    assertRefused(DATA_DIR, "/proc/raftkv", valid("--data-dir=/proc/raftkv"));
  }

  @Test
  void aDataDirInUseIsRefused() {
    try (KvdProcess first = KvdProcess.start(folder, valid().toArray(String[]::new))) {
      first.awaitReady();
      peerPort = FreePorts.next();

      assertRefused(DATA_DIR, "locked", valid());
      assertThat(first.isAlive()).isTrue();
    }
  }

  @Test
  void theDataDirOfAnotherMemberOrClusterIsRefused() {
    runOnce(valid());

    List<String> other = new ArrayList<>(valid("--name=n2"));
    other.removeIf(argument -> argument.startsWith("--initial-cluster="));
    assertRefused(DATA_DIR, "n2", other);
    assertRefused(
        DATA_DIR,
        "another cluster",
        valid("--initial-cluster=n1=127.0.0.1:" + peerPort + ",n2=127.0.0.1:9"));
    runOnce(valid());
  }
}
