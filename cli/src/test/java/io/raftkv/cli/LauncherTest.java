package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** bin/kvctl in a release archive whose java is a script that shows how it was called. */
@DisabledOnOs(OS.WINDOWS)
final class LauncherTest {
  private static final Path KVCTL = Path.of("bin/kvctl");
  private static final Path LAUNCHER = Path.of("../.mvn/launcher.sh");

  @TempDir Path folder;
  private Path home = Path.of("");
  private Path java = Path.of("");

  @BeforeEach
  void unpack() throws IOException {
    home = folder.resolve("a release");
    java = folder.resolve("jdk/bin/java");
    Files.createDirectories(home.resolve("bin"));
    Files.createDirectories(home.resolve("lib"));
    Files.createDirectories(folder.resolve("jdk/bin"));
    Files.copy(KVCTL, home.resolve("bin/kvctl"));
    Files.copy(LAUNCHER, home.resolve("lib/launcher.sh"));
    Files.writeString(home.resolve("lib/kvctl.jar"), "");
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"17.0.99\"\n");
    script(
        java,
        """
        #!/bin/sh
        for argument do
          case $argument in -XX:ArchiveClassesAtExit=*) echo classes >"${argument#*=}" ;; esac
          printf '%s\\n' "$argument"
        done
        exit 5
        """);
  }

  private static void script(Path path, String text) throws IOException {
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Run launch(Path program, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("sh", program.toString()));
    command.addAll(List.of(args));
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().remove("KVCTL_JAVA_OPTIONS");
    builder.environment().put("LC_ALL", "tr_TR.UTF-8");
    Process process = builder.start();
    process.getOutputStream().close();
    byte[] out = process.getInputStream().readAllBytes();
    return new Run(process.waitFor(), out, Files.readString(err));
  }

  @Test
  void theScriptsAreSound() throws IOException, InterruptedException {
    for (Path script : List.of(KVCTL, LAUNCHER)) {
      Process process = new ProcessBuilder("sh", "-n", script.toString()).inheritIO().start();
      assertThat(process.waitFor()).as(script.toString()).isZero();
    }
  }

  @Test
  void argumentsAndExitCodePassUnchangedAlsoThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), home.resolve("bin/kvctl"));

    Run run = launch(link, "put", "a key", "", "*", "$HOME \"'");

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.text())
        .endsWith("-jar\n" + home.toRealPath() + "/lib/kvctl.jar\nput\na key\n\n*\n$HOME \"'\n");
  }

  @Test
  void theFolderIsFoundThoughCdpathHoldsAnotherOfThatName() throws Exception {
    Files.createDirectories(folder.resolve("elsewhere/bin"));
    ProcessBuilder builder = new ProcessBuilder("sh", "bin/kvctl", "version");
    builder.directory(home.toFile());
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("CDPATH", folder.resolve("elsewhere").toString());
    Process process = builder.start();

    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(out).endsWith("-jar\n" + home.toRealPath() + "/lib/kvctl.jar\nversion\n");
  }

  @Test
  void argumentsAreUtf8AndMessagesThoseOfTheCLocale() throws Exception {
    script(java, "#!/bin/sh\necho \"$LC_ALL\"\n");

    assertThat(launch(home.resolve("bin/kvctl"), "version").text()).isEqualTo("C.UTF-8\n");
  }

  @Test
  void theClassArchiveIsMadeOnceAndOfTheRightJdk() throws Exception {
    Path archive = home.toRealPath().resolve("lib/kvctl-17.0.99.jsa");

    Run first = launch(home.resolve("bin/kvctl"), "version");
    Files.writeString(archive, "kept");
    Run second = launch(home.resolve("bin/kvctl"), "version");

    assertThat(first.text()).contains("-XX:SharedArchiveFile=" + archive);
    assertThat(first.err()).isEmpty();
    assertThat(second.text()).isEqualTo(first.text());
    assertThat(archive).hasContent("kept");
  }

  @Test
  void aJdkThatCannotMakeAClassArchiveIsAskedOnceAndRunsWithout() throws Exception {
    script(java, "#!/bin/sh\necho \"$@\"\necho called >>\"$0.calls\"\n");

    launch(home.resolve("bin/kvctl"), "version");
    Run second = launch(home.resolve("bin/kvctl"), "version");

    assertThat(second.text()).doesNotContain("SharedArchiveFile");
    assertThat(Files.readString(Path.of(java + ".calls"), StandardCharsets.UTF_8)).hasLineCount(3);
  }

  @Test
  void withoutJavaItSaysSo() throws Exception {
    Files.delete(java);
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", home.resolve("bin/kvctl").toString(), "version")
            .redirectError(err.toFile());
    Path tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : List.of("readlink", "find", "head")) {
      Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
    }
    builder.environment().put("PATH", tools.toString());
    builder.environment().remove("JAVA_HOME");

    assertThat(builder.start().waitFor()).isEqualTo(69);
    assertThat(Files.readString(err)).startsWith("kvctl: no java").hasLineCount(1);
  }
}
