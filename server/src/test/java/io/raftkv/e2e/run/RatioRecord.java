package io.raftkv.e2e.run;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The ratios of comparisons, one after another in a file: machines differ from day to day by a
 * third, and the ratio to a store that was measured in the same run much less. Figures that are
 * better when they are low have their names here.
 */
final class RatioRecord {
  private static final double WORTH_TELLING = 0.75;
  private static final double DIGITS = 1e3;
  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  private final Path file;

  RatioRecord(Path file) {
    this.file = file;
  }

  /**
   * Adds the ratios, and tells which are worse than those that were added last.
   *
   * @param command what measured them
   */
  void add(Comparison comparison, String command, Report report)
      throws IOException, InterruptedException {
    JsonArray all =
        Files.exists(file)
            ? JsonParser.parseString(Files.readString(file)).getAsJsonArray()
            : new JsonArray();
    JsonObject ratios = new JsonObject();
    new TreeMap<>(comparison.medianRatios())
        .forEach(
            (figure, ratio) -> ratios.addProperty(figure, Math.round(ratio * DIGITS) / DIGITS));
    if (all.size() > 0) {
      compare(all.get(all.size() - 1).getAsJsonObject(), ratios, report);
    }
    JsonObject entry = new JsonObject();
    entry.addProperty("at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    entry.addProperty("commit", said("git", "describe", "--always", "--dirty"));
    entry.addProperty("machine", machine());
    entry.addProperty("command", command);
    entry.add("ratios", ratios);
    all.add(entry);
    Files.writeString(file, GSON.toJson(all) + "\n");
  }

  private static void compare(JsonObject last, JsonObject now, Report report) {
    String commit = last.get("commit").getAsString();
    for (Map.Entry<String, JsonElement> ratio : last.getAsJsonObject("ratios").entrySet()) {
      JsonElement measured = now.get(ratio.getKey());
      if (measured != null) {
        double before = ratio.getValue().getAsDouble();
        double after = measured.getAsDouble();
        double good = isBetterLow(ratio.getKey()) ? before / after : after / before;
        if (good < WORTH_TELLING) {
          report.figure(
              "worse than at " + commit, "%s: ratio %.2f, was %.2f", ratio.getKey(), after, before);
        }
      }
    }
  }

  private static boolean isBetterLow(String figure) {
    return figure.endsWith(" ms") || figure.contains("CPU") || figure.endsWith("MiB");
  }

  private static String machine() throws IOException {
    Optional<String> model =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst();
    return Runtime.getRuntime().availableProcessors()
        + " x "
        + model.orElse("a processor without a name")
        + ", Java "
        + Runtime.version();
  }

  private static String said(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).start();
    String text =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return process.waitFor() == 0 ? text : "unknown";
  }
}
