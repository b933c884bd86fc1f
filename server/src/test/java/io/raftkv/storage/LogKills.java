package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A process appends to the log, truncates it, saves its vote, cuts the front, and says on stdout
 * what is synced; it is killed without warning; its log is opened and has to hold at least that.
 * The next process goes on with the same log.
 */
@Command(
    name = "log-kills",
    sortOptions = false,
    description = {
      "Kills a process that writes the log (kill -9), again and again.",
      "After each kill the log is opened: everything that the process said was synced has to be",
      "there, entry by entry, with the newest term that was saved."
    })
public final class LogKills implements Callable<Integer> {
  private static final int SEGMENT_BYTES = 1 << 20;
  private static final int WRITER_MILLIS_MAX = 150;
  private static final int SEGMENT_SECONDS_MAX = 30;

  private static final int BATCH_MAX = 64;
  private static final int KEPT_ENTRIES = 10_000;

  @Option(names = "--times", description = "How many. Default: ${DEFAULT-VALUE}.")
  private int times = 200;

  @Option(names = "--seed", description = "Of the moments. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  /** What a writer said last before it was killed. */
  private record Said(long term, long lastIndex) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("log-kills");
    Random random = new Random(seed);
    long synced = 0;
    int lost = 0;
    try {
      for (int i = 0; i < times; i++) {
        Said said = writeAndKill(folder, seed + i, random);
        String fault = check(folder, said);
        if (!fault.isEmpty()) {
          lost++;
          System.out.println("kill " + (i + 1) + ": " + fault);
        }
        synced = Math.max(synced, said.lastIndex());
      }
    } finally {
      delete(folder);
    }
    System.out.printf(
        "%d x SIGKILL of a writer, log up to index %,d: %d times something synced was lost%n",
        times, synced, lost);
    return lost == 0 ? 0 : 1;
  }

  private static Said writeAndKill(Path folder, long seed, Random random)
      throws IOException, InterruptedException {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                folder.toString(),
                Long.toString(seed))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
      String first = lines.readLine();
      if (first == null) {
        throw new IOException("the writer did not start");
      }
      TimeUnit.MICROSECONDS.sleep(random.nextInt(WRITER_MILLIS_MAX * 1000));
      // Not by the process object: that would close the stream with what was said last.
      writer.toHandle().destroyForcibly();
      Said said = parse(first);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // A line that the kill cut has no end mark.
        said = line.endsWith(";") ? parse(line) : said;
      }
      writer.waitFor();
      return said;
    }
  }

  private static Said parse(String line) {
    String[] parts = line.substring(0, line.length() - 1).split(" ");
    return new Said(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
  }

  /** Opens the log; what is wrong with it, or nothing. */
  private static String check(Path folder, Said said) throws InterruptedException {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (SegmentedLog log = open(folder, executor)) {
      if (log.hardState().term() < said.term()) {
        return "term " + log.hardState().term() + " after " + said.term() + " was synced";
      }
      // A truncation comes with a higher term, and may be on the disk unsaid.
      long truncated = log.hardState().term() > said.term() ? BATCH_MAX : 0;
      if (log.lastIndex() < said.lastIndex() - truncated) {
        return "last index " + log.lastIndex() + " after " + said.lastIndex() + " was synced";
      }
      List<LogEntry> entries =
          log.read(log.base().index() + 1, log.lastIndex() + 1, Long.MAX_VALUE);
      long next = log.base().index() + 1;
      for (LogEntry entry : entries) {
        if (entry.index() != next++ || ByteBuffer.wrap(entry.data()).getLong() != mark(entry)) {
          return "entry " + entry.index() + " is not what was written";
        }
      }
      return next == log.lastIndex() + 1 ? "" : "entries end at " + (next - 1);
    } catch (DamagedException e) {
      return "does not open: " + e.getMessage();
    } finally {
      executor.shutdown();
      // A segment that is being prepared is in the folder, which may be deleted next.
      if (!executor.awaitTermination(SEGMENT_SECONDS_MAX, TimeUnit.SECONDS)) {
        System.out.println("a segment is still being prepared");
      }
    }
  }

  private static long mark(LogEntry entry) {
    return entry.index() * 1_000_003 + entry.term();
  }

  private static SegmentedLog open(Path folder, ExecutorService executor) {
    Identity identity = new Identity(1, new MemberId(1));
    return new SegmentedLog(new MapDbVolumes(folder), identity, SEGMENT_BYTES, 1, executor);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** The process that is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) {
      SegmentedLog log = open(Path.of(args[0]), Executors.newSingleThreadExecutor());
      Random random = new Random(Long.parseLong(args[1]));
      long term = log.hardState().term() + 1;
      log.saveHardState(new HardState(term, new MemberId(1)));
      log.sync();
      say(term, log.lastIndex());
      while (true) {
        if (random.nextInt(20) == 0) {
          term++;
          log.saveHardState(new HardState(term, new MemberId(1)));
          long from = log.lastIndex() - random.nextInt(BATCH_MAX);
          if (from > log.base().index() + 1) {
            log.truncateFrom(from);
          }
        }
        if (log.lastIndex() - log.base().index() > 2 * KEPT_ENTRIES) {
          long cut = log.lastIndex() - KEPT_ENTRIES;
          log.compactTo(new EntryId(cut, log.read(cut, cut + 1, 1).get(0).term()));
        }
        log.append(batch(log.lastIndex() + 1, term, 1 + random.nextInt(BATCH_MAX)));
        log.sync();
        say(term, log.lastIndex());
      }
    }

    private static List<LogEntry> batch(long first, long term, int count) {
      List<LogEntry> entries = new ArrayList<>(count);
      for (long index = first; index < first + count; index++) {
        ByteBuffer data = ByteBuffer.allocate(256).putLong(0, index * 1_000_003 + term);
        entries.add(new LogEntry(index, term, LogEntry.Kind.COMMAND, 0, data.array()));
      }
      return entries;
    }

    /** Written at once: what stands there is synced. */
    private static void say(long term, long lastIndex) {
      System.out.println(term + " " + lastIndex + ";");
      System.out.flush();
    }
  }
}
