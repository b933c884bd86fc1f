package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.Header;
import io.raftkv.client.KvException;
import io.raftkv.client.Outcome;
import io.raftkv.client.PutResult;
import io.raftkv.client.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Importing through failures. */
@Timeout(60)
final class ImporterTest {
  private static final PutResult DONE = new PutResult(new Header(1, 1, 1, "", 1, 1), 1, null);

  private final ExecutorService network = Executors.newFixedThreadPool(4);

  @AfterEach
  void stop() {
    network.shutdownNow();
  }

  /** A store that takes its time, and watches who is under way. */
  private final class SlowStore implements Importer.Writer {
    final Map<ByteSequence, ByteSequence> stored = new HashMap<>();
    final Set<ByteSequence> underWay = new HashSet<>();
    int writes;
    int underWayMax;
    boolean hadTwoOfAKey;

    @Override
    public CompletableFuture<PutResult> put(ByteSequence key, ByteSequence value) {
      synchronized (this) {
        hadTwoOfAKey |= !underWay.add(key);
        underWayMax = Math.max(underWayMax, underWay.size());
      }
      return CompletableFuture.supplyAsync(() -> write(key, value), network);
    }

    private synchronized PutResult write(ByteSequence key, ByteSequence value) {
      underWay.remove(key);
      stored.put(key, value);
      writes++;
      return DONE;
    }
  }

  @Test
  void everyLineIsWrittenOnceAndTheLastOfEqualKeysWins() throws Exception {
    SlowStore store = new SlowStore();
    Map<ByteSequence, ByteSequence> expected = new HashMap<>();
    StringBuilder lines = new StringBuilder();
    Random random = new Random(3);
    for (int i = 0; i < 400; i++) {
      ByteSequence key = ByteSequence.of("k" + random.nextInt(150));
      ByteSequence value = ByteSequence.of("v" + i);
      expected.put(key, value);
      lines.append(Json.line(key, value)).append('\n');
    }

    Importer.Report report = new Importer(store, 16, n -> {}).run(reader(lines.toString()));

    assertThat(store.stored).isEqualTo(expected);
    assertThat(store.writes).isEqualTo(400);
    assertThat(report.entries()).isEqualTo(400);
    assertThat(store.hadTwoOfAKey).isFalse();
    assertThat(store.underWayMax).isLessThanOrEqualTo(16);
  }

  /** Answers only when so many writes are under way, and then all of them. */
  private final class Crowd implements Importer.Writer {
    private final int size;
    private final List<CompletableFuture<PutResult>> underWay = new ArrayList<>();

    Crowd(int size) {
      this.size = size;
    }

    @Override
    public synchronized CompletableFuture<PutResult> put(ByteSequence key, ByteSequence value) {
      assertThat(underWay).hasSizeLessThan(size);
      CompletableFuture<PutResult> answer = new CompletableFuture<>();
      underWay.add(answer);
      if (underWay.size() == size) {
        network.execute(this::answerAll);
      }
      return answer;
    }

    private void answerAll() {
      List<CompletableFuture<PutResult>> all;
      synchronized (this) {
        all = List.copyOf(underWay);
        underWay.clear();
      }
      all.forEach(answer -> answer.complete(DONE));
    }
  }

  @ParameterizedTest
  @CsvSource({"4,11,4", "100,3145728,5"})
  void asManyAreUnderWayAsTheirNumberAndTheirBytesAllow(int inFlight, int bytes, int expected)
      throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 3 * expected; i++) {
      ByteSequence value = ByteSequence.of("x".repeat(bytes - 10));
      lines.append(Json.line(ByteSequence.of("k" + i), value)).append('\n');
    }

    Importer importer = new Importer(new Crowd(expected), inFlight, n -> {});

    assertThat(importer.run(reader(lines.toString())).entries()).isEqualTo(3 * expected);
  }

  @Test
  void whatCannotSucceedEndsItAndSaysWhatIsWritten() {
    Importer importer =
        new Importer(
            (key, value) ->
                key.equals(ByteSequence.of("k3"))
                    ? CompletableFuture.failedFuture(
                        failure(Reason.VALUE_TOO_LARGE, Outcome.NOT_APPLIED))
                    : CompletableFuture.completedFuture(DONE),
            1,
            n -> {});

    CliException e = failureOf(importer, 5);

    assertThat(e.exitCode()).isEqualTo(ExitCode.INVALID);
    assertThat(e).hasMessageStartingWith("line 3: VALUE_TOO_LARGE");
    assertThat(e).hasMessageEndingWith("; 2 lines are written for certain");
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {"DISK_FULL", "VALUE_TOO_LARGE"})
  void aDefiniteFailureOfOneLineSaysNothingAboutTheOthers(Reason reason) {
    CompletableFuture<PutResult> uncertain = new CompletableFuture<>();
    CompletableFuture<Importer> started = new CompletableFuture<>();
    Importer importer =
        new Importer(
            (key, value) -> {
              if (key.equals(ByteSequence.of("k1"))) {
                return uncertain;
              }
              network.execute(() -> failOnceAlone(uncertain, started.join()));
              return CompletableFuture.failedFuture(failure(reason, Outcome.NOT_APPLIED));
            },
            2,
            n -> {});
    started.complete(importer);

    CliException e = failureOf(importer, 2);

    assertThat(e.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
    assertThat(e).hasMessageStartingWith("line 2: ");
    assertThat(e).hasMessageEndingWith("; 0 lines are written for certain, 1 more may be");
  }

  /** Fails the one write that is left when the other has been refused. */
  private static void failOnceAlone(CompletableFuture<PutResult> write, Importer importer) {
    while (!importer.account().endsWith(", 1 more may be")) {
      Thread.onSpinWait();
    }
    write.completeExceptionally(failure(Reason.INTERNAL_ERROR, Outcome.UNKNOWN));
  }

  @Test
  void whereSomethingIsWrittenItIsNotSaidThatNothingHappened() {
    Importer importer =
        new Importer(
            (key, value) ->
                key.equals(ByteSequence.of("k1"))
                    ? CompletableFuture.completedFuture(DONE)
                    : CompletableFuture.failedFuture(
                        failure(Reason.DISK_FULL, Outcome.NOT_APPLIED)),
            1,
            n -> {});

    CliException e = failureOf(importer, 2);

    assertThat(e.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
    assertThat(e).hasMessageEndingWith("; 1 lines are written for certain");
  }

  @Test
  void inputThatCannotBeReadEndsItWithItsAccount() {
    byte[] firstLine =
        (Json.line(ByteSequence.of("k1"), ByteSequence.EMPTY) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    InputStream broken =
        new SequenceInputStream(
            new ByteArrayInputStream(firstLine),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("Input/output error");
              }
            });
    Importer importer =
        new Importer(
            (key, value) ->
                CompletableFuture.failedFuture(failure(Reason.INTERNAL_ERROR, Outcome.UNKNOWN)),
            1,
            n -> {});

    CliException e =
        catchThrowableOfType(
            CliException.class, () -> importer.run(new JsonlReader("test", broken)));

    assertThat(e.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
    assertThat(e).hasMessage("Input/output error; 0 lines are written for certain, 1 more may be");
  }

  private static CliException failureOf(Importer importer, int lines) {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= lines; i++) {
      text.append(Json.line(ByteSequence.of("k" + i), ByteSequence.EMPTY)).append('\n');
    }
    return catchThrowableOfType(CliException.class, () -> importer.run(reader(text.toString())));
  }

  private static KvException failure(Reason reason, Outcome outcome) {
    return new KvException(reason, outcome, "as the test wants it", null, Map.of(), null);
  }

  private static JsonlReader reader(String text) {
    return new JsonlReader("test", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
