package io.raftkv.e2e.run;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts what became of damages, by what was damaged. Used by one thread. */
final class DamageTally {
  /** What a start makes of a damaged folder. */
  enum Outcome {
    /** It is noticed, and the member is one to be repaired. */
    DETECTED("detected"),
    /** The member starts and remembers exactly what it did. */
    HARMLESS("harmless"),
    /** Noticed, and ends with one line: not taken for damage, and not repaired. */
    REFUSED("refused"),
    /** The end of the log of a killed member is gone, and taken for a write that was cut short. */
    TORN("taken for a torn end"),
    /** It starts, and something is not what it was. */
    WRONG("WRONG");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }
  }

  private final Map<String, Map<Outcome, Integer>> counts = new TreeMap<>();

  void count(Damage damage, Outcome outcome) {
    add("by file: " + damage.part(), outcome);
    add("by kind: " + damage.kind(), outcome);
    add("total", outcome);
  }

  private void add(String name, Outcome outcome) {
    counts
        .computeIfAbsent(name, any -> new EnumMap<>(Outcome.class))
        .merge(outcome, 1, Integer::sum);
  }

  int of(Outcome outcome) {
    return counts.getOrDefault("total", Map.of()).getOrDefault(outcome, 0);
  }

  void print(Report report) {
    counts.forEach(
        (name, outcomes) -> {
          StringBuilder text = new StringBuilder();
          outcomes.forEach(
              (outcome, count) ->
                  text.append(text.length() == 0 ? "" : ", ")
                      .append(count)
                      .append(' ')
                      .append(outcome.text));
          report.figure("  " + name, "%s", text);
        });
  }
}
