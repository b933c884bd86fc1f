package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import io.raftkv.proto.v1.Member;
import io.raftkv.proto.v1.MemberRole;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands against a member. */
final class CommandsTest {
  private final FakeServer server = new FakeServer();

  @AfterEach
  void stop() {
    server.close();
  }

  private Run run(String... args) {
    return run(new byte[0], Set.of(), args);
  }

  private Run run(byte[] in, Set<Console.Stream> terminals, String... args) {
    return Run.kvctl(in, terminals, with(args));
  }

  /** The timeout is only for a busy machine: no test waits for it. */
  private String[] with(String... args) {
    return Stream.concat(
            Stream.of("--endpoints", server.endpoint(), "--timeout", "30s"), Stream.of(args))
        .toArray(String[]::new);
  }

  @Test
  void aValueComesBackByteForByte() {
    byte[] value = new byte[70_000];
    new Random(1).nextBytes(value);

    Run put = run(value, Set.of(), "put", "k", "-");
    Run get = run("get", "k");

    assertThat(put.text()).isEqualTo("revision 1\n");
    assertThat(get.out()).isEqualTo(value);
    assertThat(get.exitCode()).isZero();
    assertThat(get.err()).isEmpty();
  }

  @Test
  void aLineEndFollowsAValueOnlyOnATerminal() {
    run("put", "k", "v");

    assertThat(run("get", "k").text()).isEqualTo("v");
    assertThat(run(new byte[0], Set.of(Console.Stream.OUT), "get", "k").text()).isEqualTo("v\n");
  }

  @Test
  void valuesComeFromArgumentsFilesAndStandardInput(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("value"), new byte[] {0, (byte) 0xff, '\n'});

    run("put", "argument", "");
    run("put", "file", "@" + file);
    run("in".getBytes(StandardCharsets.UTF_8), Set.of(), "put", "stdin");
    run("put", "dash", "--", "-5");

    assertThat(run("get", "argument").out()).isEmpty();
    assertThat(run("get", "file").out()).containsExactly(0, 0xff, '\n');
    assertThat(run("get", "stdin").text()).isEqualTo("in");
    assertThat(run("get", "dash").text()).isEqualTo("-5");
    assertThat(run(new byte[0], Set.of(Console.Stream.IN), "put", "k").exitCode())
        .isEqualTo(ExitCode.INVALID);
  }

  @Test
  void whatDoesNotExistIsExitCodeOne() {
    Run get = run("get", "missing");

    assertThat(get.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(get.out()).isEmpty();
    assertThat(get.err()).isEqualTo("kvctl: key missing does not exist\n");
    assertThat(run("get", "missing", "--quiet").err()).isEmpty();
    assertThat(run("delete", "missing").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("delete", "--prefix", "missing", "--yes").exitCode()).isZero();
  }

  @Test
  void aConditionThatDoesNotHoldIsExitCodeOne() {
    run("put", "k", "v");

    Run again = run("put", "k", "w", "--if-absent");

    assertThat(again.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(again.err()).contains("CONDITION_FAILED").hasLineCount(1);
    assertThat(run("get", "k").text()).isEqualTo("v");
  }

  @ParameterizedTest
  @CsvSource({
    "FAILED_PRECONDITION,CONDITION_FAILED,not_applied,1",
    "INVALID_ARGUMENT,VALUE_TOO_LARGE,not_applied,2",
    "RESOURCE_EXHAUSTED,DISK_FULL,not_applied,3",
    "PERMISSION_DENIED,PERMISSION_DENIED,not_applied,4",
    "UNAUTHENTICATED,UNAUTHENTICATED,not_applied,4",
    "UNAVAILABLE,LEADERSHIP_LOST,unknown,5",
    "DEADLINE_EXCEEDED,TIMEOUT,unknown,5",
    "INTERNAL,INTERNAL_ERROR,unknown,5",
    "DATA_LOSS,CORRUPT,not_applied,6"
  })
  void theExitCodeTellsWhatBecameOfAWrite(Code code, String reason, String outcome, int expected) {
    server.failures.add(FakeServer.failure(code, reason, outcome));

    Run put = run("put", "k", "v");

    assertThat(put.exitCode()).isEqualTo(expected);
    assertThat(put.out()).isEmpty();
    assertThat(put.err()).startsWith("kvctl: ").contains(reason).hasLineCount(1);
    if (outcome.equals("unknown")) {
      assertThat(put.err()).contains("unknown");
    }
  }

  @Test
  void aSessionIsOpenedKeptListedAndClosed() {
    assertThat(run("session", "open", "--name", "job\u0007", "--ttl", "45s").text())
        .isEqualTo("1\n");
    assertThat(run("session", "open", "--ttl", "1500ms", "-o", "json").text())
        .isEqualTo("{\"id\":\"2\",\"ttl_millis\":1500}\n");

    assertThat(run("session", "keep", "1").text()).isEqualTo("open for 45s\n");
    assertThat(run("session", "keep", "2", "-o", "json").text())
        .isEqualTo("{\"id\":\"2\",\"ttl_millis\":1500}\n");
    assertThat(run("session", "list").text())
        .isEqualTo(
            """
            ID  TTL     IDLE  ANSWERS  NAME
            1   45s     0s    0        job\\u{7}
            2   1500ms  0s    0       \s
            """);
    assertThat(run("session", "list", "-o", "json").text())
        .startsWith(
            "{\"sessions\":[{\"id\":\"1\",\"name\":\"job\\u0007\",\"ttl_millis\":45000,"
                + "\"idle_millis\":0,\"answers\":0},{\"id\":\"2\",");
    assertThat(run("session", "close", "1").text()).isEqualTo("closed 1\n");
    assertThat(run("session", "close", "2", "-o", "json").text()).isEqualTo("{\"closed\":\"2\"}\n");
    assertThat(server.sessions).isEmpty();
  }

  @Test
  void aSessionThatIsNotOpenIsNotFound() {
    Run closed = run("session", "close", "1");
    Run unknown = run("session", "keep", "7");
    Run invalid = run("session", "keep", "x");

    assertThat(closed.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(closed.err()).isEqualTo("kvctl: session 1 has expired or was closed\n");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(unknown.err()).isEqualTo("kvctl: no session 7 was ever opened\n");
    assertThat(invalid.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(run("session").exitCode()).isEqualTo(ExitCode.INVALID);
  }

  private static Member member(String name, long id, MemberRole role, String clientAddress) {
    return Member.newBuilder()
        .setName(name)
        .setId(id)
        .setRole(role)
        .setClientAddress(clientAddress)
        .setPeerAddress("peer-" + name)
        .build();
  }

  @ParameterizedTest
  @CsvSource({"Broken pipe,0,0", "No space left on device,3,1"})
  void aReaderThatHasSeenEnoughIsNoErrorButAFullDiskIs(String cause, int expected, int lines) {
    byte[] value = new byte[300_000];
    server.put(ByteString.copyFromUtf8("k"), ByteString.copyFrom(value));

    Run scan = runWithBrokenOutput(new IOException(cause), "scan");

    assertThat(scan.exitCode()).isEqualTo(expected);
    assertThat(scan.err()).hasLineCount(lines);
  }

  @Test
  void afterAWriteNoFailureClaimsThatItDidNotHappen() {
    Run put = runWithBrokenOutput(new IOException("No space left on device"), "put", "k", "v");

    assertThat(put.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
    assertThat(put.err())
        .isEqualTo(
            "kvctl: cannot write the output: No space left on device;"
                + " the write is done, at revision 1\n");
  }

  @Test
  void anErrorOfTheMachineIsOneLineAndNeverNotFound() {
    OutOfMemoryError error = new OutOfMemoryError("Java heap space");

    Run version = runWithBrokenOutput(error, "version");
    Run put = runWithBrokenOutput(error, "put", "k", "v");

    assertThat(version.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(version.err()).isEqualTo("kvctl: out of memory: Java heap space\n");
    assertThat(put.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
    assertThat(put.err()).hasLineCount(1);
  }

  private Run runWithBrokenOutput(Throwable failure, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            if (failure instanceof Error error) {
              throw error;
            }
            throw (IOException) failure;
          }
        };
    Console console =
        new Console(new ByteArrayInputStream(new byte[0]), broken, err, Set.of(), Map.of());
    int exitCode = Kvctl.run(console, with(args));
    return new Run(exitCode, new byte[0], err.toString(StandardCharsets.UTF_8));
  }
}
