package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import io.raftkv.client.ByteSequence;
import io.raftkv.proto.v1.KeyValue;
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

  @ParameterizedTest
  @CsvSource({"UNAVAILABLE,LEADERSHIP_LOST", "DEADLINE_EXCEEDED,TIMEOUT"})
  void aWriteIsSentAgainUntilItIsKnownToBeDone(Code code, String reason) {
    server.failures.add(FakeServer.failure(code, reason, "unknown"));

    assertThat(run("put", "k", "v").text()).isEqualTo("revision 1\n");
    assertThat(server.sessions).isEmpty();
  }

  @Test
  void aMemberThatIsNotThereIsExitCodeThreeAndTheWriteIsNotApplied() {
    server.close();

    Run put = Run.kvctl("put", "k", "v", "--endpoints", server.endpoint(), "--timeout", "300ms");

    assertThat(put.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(put.err()).startsWith("kvctl: ").hasLineCount(1).doesNotContain("\tat ");
  }

  @Test
  void putShowsThePreviousValue() {
    run("put", "k", "old");

    assertThat(run("put", "k", "new", "--prev").text()).isEqualTo("old");
    assertThat(run("put", "k", "newer", "--prev", "-o", "json").text())
        .isEqualTo(
            "{\"mod_revision\":3,\"previous\":{\"key\":\"k\",\"value\":\"new\","
                + "\"create_revision\":1,\"mod_revision\":2,\"version\":2}}\n");
  }

  @Test
  void aPrefixIsReadInOrderAndAcrossPages() {
    for (int i = 10; i < 40; i++) {
      run("put", "p" + i, "v" + i);
    }
    run("put", "q", "other");

    assertThat(run("get", "--prefix", "p", "--count").text()).isEqualTo("30\n");
    assertThat(run("get", "--prefix", "p").text().lines().toList())
        .hasSize(30)
        .startsWith("p10\tv10")
        .endsWith("p39\tv39");
    assertThat(run("get", "--prefix", "p", "--limit", "2", "--reverse", "--keys-only").text())
        .isEqualTo("p39\np38\n");
    assertThat(run("get", "--prefix", "q", "-o", "json").text())
        .isEqualTo(
            "{\"key\":\"q\",\"value\":\"other\",\"create_revision\":31,\"mod_revision\":31,"
                + "\"version\":1}\n");
    assertThat(run("get", "--prefix", "q", "-o", "table").text())
        .isEqualTo(
            "KEY  CREATED  MODIFIED  VERSION  VALUE\nq    31       31        1        other\n");
  }

  @Test
  void aPrefixIsDeletedOnlyAfterAYes() {
    run("put", "p1", "v");
    run("put", "p2", "v");
    Set<Console.Stream> person = Set.of(Console.Stream.IN);

    assertThat(run("delete", "--prefix", "p", "--dry-run").text()).isEqualTo("would delete 2\n");
    assertThat(run("no\n".getBytes(StandardCharsets.UTF_8), person, "delete", "--prefix", "p"))
        .satisfies(refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.INVALID));
    assertThat(server.store).hasSize(2);
    assertThat(
            run("yes\n".getBytes(StandardCharsets.UTF_8), person, "delete", "--prefix", "p").text())
        .isEqualTo("deleted 2\n");
    assertThat(server.store).isEmpty();
  }

  @Test
  void aPrefixTooLargeForOneDeleteGoesInParts() {
    for (int i = 0; i < 30; i++) {
      server.put(ByteString.copyFromUtf8("p" + i), ByteString.EMPTY);
    }
    server.failures.add(
        FakeServer.failure(Code.INVALID_ARGUMENT, "TOO_MANY_OPERATIONS", "not_applied"));

    assertThat(run("delete", "--prefix", "", "--yes", "-o", "json").text())
        .isEqualTo("{\"deleted\":30}\n");
  }

  @Test
  void aPartThatFailsTellsWhatTheOthersDeleted() {
    for (int i = 0; i < 2_500; i++) {
      server.put(ByteString.copyFromUtf8("p" + i), ByteString.EMPTY);
    }
    server.failures.add(
        FakeServer.failure(Code.INVALID_ARGUMENT, "TOO_MANY_OPERATIONS", "not_applied"));
    server.failures.add(FakeServer.NO_FAILURE);
    server.failures.add(FakeServer.failure(Code.INTERNAL, "DISK_FULL", "not_applied"));

    Run delete = run("delete", "--prefix", "p", "--yes");

    assertThat(delete.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
    assertThat(delete.err()).endsWith("; 1000 keys deleted before\n").hasLineCount(1);
    assertThat(server.store).hasSize(1_500);
  }

  @Test
  void aDeletionInPartsShowsItsProgressUnlessQuiet() {
    for (int i = 0; i < 1_500; i++) {
      server.put(ByteString.copyFromUtf8("p" + i), ByteString.EMPTY);
    }
    server.failures.add(
        FakeServer.failure(Code.INVALID_ARGUMENT, "TOO_MANY_OPERATIONS", "not_applied"));
    Set<Console.Stream> terminal = Set.of(Console.Stream.ERR);

    Run quiet = run(new byte[0], terminal, "delete", "--prefix", "p", "--yes", "--quiet");

    assertThat(quiet.exitCode()).isZero();
    assertThat(quiet.err()).isEmpty();
  }

  @Test
  void aBinaryKeyIsReachedInBase64() {
    ByteString key = ByteString.copyFrom(new byte[] {(byte) 0xff, 0});

    run("put", "/wA=", "v", "--base64");

    assertThat(server.store).containsOnlyKeys(key);
    assertThat(run("scan").text()).isEqualTo("{\"key_base64\":\"/wA=\",\"value\":\"v\"}\n");
    assertThat(run("get", "/wA=", "--base64").text()).isEqualTo("v");
    assertThat(run("delete", "/wA=", "--base64").exitCode()).isZero();
    assertThat(server.store).isEmpty();
  }

  @Test
  void aTerminalGetsTheWholeTextAndNothingItObeys() {
    String text = "a\u001b[31m\u009b\n" + "x".repeat(300);
    server.put(ByteString.copyFromUtf8("k"), ByteString.copyFromUtf8(text));
    String shown = "a\\u{1b}[31m\\u{9b}\\n" + "x".repeat(300);
    Set<Console.Stream> terminal = Set.of(Console.Stream.OUT);

    assertThat(run(new byte[0], terminal, "get", "--prefix", "k").text())
        .isEqualTo("k\t" + shown + "\n");
    assertThat(run("get", "--prefix", "k", "-o", "table").text()).endsWith(shown + "\n");
    assertThat(run("get", "--prefix", "k").text()).isEqualTo("k\t" + text + "\n");
    assertThat(run("scan").text()).contains("\\u001b[31m\\u009b\\n");
  }

  @Test
  void aValueThatCannotBeSentIsRefusedHere(@TempDir Path folder) throws IOException {
    byte[] value = new byte[4 << 20];

    Run put = run(value, Set.of(), "put", "k", "-");

    assertThat(put.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(put.err()).contains("larger than 3145728 bytes").hasLineCount(1);

    ByteSequence large = ByteSequence.of("x".repeat(value.length));
    Path file = folder.resolve("large.jsonl");
    Files.writeString(file, Json.line(ByteSequence.of("k"), large) + "\n");

    Run load = run("import", file.toString());

    assertThat(load.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(load.err()).contains("line 1: key and value have 4194305 bytes").hasLineCount(1);
    assertThat(server.store).isEmpty();
  }

  @Test
  void anImportCanLeaveExistingKeysAlone() {
    run("put", "a", "old");
    String lines = "{\"key\":\"a\",\"value\":\"new\"}\n{\"key\":\"b\",\"value\":\"1\"}\n";

    Run load = run(lines.getBytes(StandardCharsets.UTF_8), Set.of(), "import", "-", "--if-absent");

    assertThat(load.exitCode()).isZero();
    assertThat(load.text()).startsWith("imported 1 entries").endsWith(", 1 existed\n");
    assertThat(run("get", "a").text()).isEqualTo("old");
    assertThat(run("get", "b").text()).isEqualTo("1");
  }

  @Test
  void anImportGoesOnWhenTheLeaderIsLost() {
    server.failures.add(FakeServer.failure(Code.UNAVAILABLE, "LEADERSHIP_LOST", "unknown"));
    String lines = "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}\n";

    Run load = run(lines.getBytes(StandardCharsets.UTF_8), Set.of(), "import", "-", "--if-absent");

    assertThat(load.exitCode()).isZero();
    assertThat(load.text()).startsWith("imported 2 entries").endsWith(", 0 existed\n");
    assertThat(server.sessions).isEmpty();
  }

  @Test
  void scanAndImportCarryEveryByte(@TempDir Path folder) throws IOException {
    Random random = new Random(5);
    for (int i = 0; i < 60; i++) {
      byte[] key = new byte[1 + random.nextInt(6)];
      byte[] value = new byte[random.nextInt(300)];
      random.nextBytes(key);
      random.nextBytes(value);
      server.put(ByteString.copyFrom(key), ByteString.copyFrom(value));
    }
    Path file = folder.resolve("all.jsonl");

    Run scan = run("scan", "--out", file.toString());
    assertThat(scan.exitCode()).isZero();
    assertThat(scan.out()).isEmpty();
    assertThat(Files.readAllBytes(file)).isEqualTo(run("scan").out());
    assertThat(run("scan", "--out", "-").out()).isEqualTo(run("scan").out());
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }

    try (FakeServer other = new FakeServer()) {
      Run load = Run.kvctl("import", file.toString(), "--endpoints", other.endpoint());
      assertThat(load.exitCode()).isZero();
      assertThat(load.text()).startsWith("imported " + server.store.size() + " entries in ");
      assertThat(other.store.keySet()).isEqualTo(server.store.keySet());
      assertThat(other.store.values().stream().map(KeyValue::getValue))
          .containsExactlyElementsOf(
              server.store.values().stream().map(KeyValue::getValue).toList());
    }
  }

  @Test
  void aScanThatFailsLeavesTheOldFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("all.jsonl"), "old");
    server.failures.add(FakeServer.failure(Code.DATA_LOSS, "CORRUPT", "read"));

    Run scan = run("scan", "--out", file.toString());

    assertThat(scan.exitCode()).isEqualTo(ExitCode.CORRUPT);
    assertThat(file).hasContent("old");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aFileWithAMalformedLineChangesNothing(@TempDir Path folder) throws IOException {
    String lines =
        "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\"}\n{\"key\":\"c\",\"value\":\"3\"}\n";
    Path file = Files.writeString(folder.resolve("bad.jsonl"), lines);

    Run load = run("import", file.toString());

    assertThat(load.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(load.err()).isEqualTo("kvctl: " + file + ": line 2: no \"value\"\n");
    assertThat(server.store).isEmpty();

    Run piped = run(lines.getBytes(StandardCharsets.UTF_8), Set.of(), "import", "-");

    assertThat(piped.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(piped.err())
        .isEqualTo(
            "kvctl: standard input: line 2: no \"value\"; 1 lines are written for certain\n");
    assertThat(server.store).hasSize(1);
  }

  @Test
  void localReadsAskTheOneGivenMember() {
    run("put", "k", "v");

    Run scan = run("scan", "--consistency", "local");

    assertThat(scan.text()).isEqualTo("{\"key\":\"k\",\"value\":\"v\"}\n");
    assertThat(server.ranges)
        .allSatisfy(
            range ->
                assertThat(range.getRead().getConsistency())
                    .isEqualTo(io.raftkv.proto.v1.Consistency.LOCAL));
  }

  @Test
  void localReadsStayWithTheOneGivenMemberThoughItNamesAnother() {
    run("put", "k", "v");
    try (FakeServer other = new FakeServer()) {
      Map<String, String> hint =
          Map.of("leader_id", "2", "leader_address", other.endpoint(), "term", "9");
      server.failures.add(FakeServer.failure(Code.UNAVAILABLE, "NOT_READY", "not_applied", hint));

      assertThat(run("get", "k", "--consistency", "local").text()).isEqualTo("v");
    }
  }

  @Test
  void statusListsAlsoTheMemberThatDoesNotAnswer() {
    FakeServer dead = new FakeServer();
    dead.close();
    server.members.add(member("n1", FakeServer.ID, MemberRole.LEADER, server.endpoint()));
    server.members.add(member("n2", 2, MemberRole.FOLLOWER, dead.endpoint()));

    Run status = run("status", "-o", "json");

    assertThat(status.exitCode()).isZero();
    assertThat(status.text())
        .isEqualTo(
            "{\"leader\":\"n1\",\"term\":3,\"revision\":0,\"members\":["
                + "{\"name\":\"n1\",\"id\":\"18364758544493064720\",\"role\":\"LEADER\","
                + "\"client_address\":\""
                + server.endpoint()
                + "\",\"peer_address\":\"peer-n1\",\"commit_index\":12,\"applied_index\":11,"
                + "\"state_hash\":\"0000000000000abc\",\"healthy\":true},"
                + "{\"name\":\"n2\",\"id\":\"2\",\"role\":\"FOLLOWER\",\"client_address\":\""
                + dead.endpoint()
                + "\",\"peer_address\":\"peer-n2\",\"commit_index\":null,\"applied_index\":null,"
                + "\"state_hash\":null,\"healthy\":false}]}\n");
    assertThat(run("status").text()).startsWith("leader n1, term 3, revision 0\n");
  }

  @Test
  void membersAreListedAndLeadershipMovesByName() {
    server.members.add(member("n1", FakeServer.ID, MemberRole.LEADER, server.endpoint()));
    server.members.add(member("n2", 2, MemberRole.FOLLOWER, ""));

    assertThat(run("cluster", "members").text()).contains("n1", "n2").hasLineCount(3);
    assertThat(run("cluster", "members", "-o", "json").text()).contains("\"config_revision\":1");
    assertThat(run("cluster", "transfer-leader", "n2").text()).isEqualTo("leader n2\n");
    assertThat(run("cluster", "transfer-leader", "2").text()).isEqualTo("leader n2\n");
    Run unknown = run("cluster", "transfer-leader", "n9");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(unknown.err()).isEqualTo("kvctl: no member \"n9\"; there are n1, n2\n");
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
            ID  TTL     IDLE  ANSWERS  KEYS  NAME
            1   45s     0s    0        0     job\\u{7}
            2   1500ms  0s    0        0    \s
            """);
    assertThat(run("session", "list", "-o", "json").text())
        .startsWith(
            "{\"sessions\":[{\"id\":\"1\",\"name\":\"job\\u0007\",\"ttl_millis\":45000,"
                + "\"idle_millis\":0,\"answers\":0,\"keys\":0},{\"id\":\"2\",");
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
