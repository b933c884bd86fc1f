package io.raftkv.e2e.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The figures of two stores that were measured in turn, round by round. Used by one thread. */
final class Comparison {
  /** One figure of both, by rounds. */
  private static final class Row {
    final List<Double> theirs = new ArrayList<>();
    final List<Double> ours = new ArrayList<>();
    @Nullable Goal goal;
  }

  private final Map<String, Row> rows = new LinkedHashMap<>();

  void goal(String figure, Goal goal) {
    row(figure).goal = goal;
  }

  void add(String figure, boolean isOurs, double value) {
    Row row = row(figure);
    (isOurs ? row.ours : row.theirs).add(value);
  }

  private Row row(String figure) {
    return rows.computeIfAbsent(figure, any -> new Row());
  }

  /** The median of raftkv's figures. */
  OptionalDouble ours(String figure) {
    Row row = rows.get(figure);
    return row == null || row.ours.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(median(row.ours));
  }

  /** One line for each figure: medians, the ratio with its spread, and whether that is enough. */
  void print(Report report) {
    rows.forEach((figure, row) -> report.figure(figure, "%s", text(row)));
  }

  private static String text(Row row) {
    if (row.ours.isEmpty()) {
      return "not measured";
    }
    double ours = median(row.ours);
    double[] ratios = ratios(row);
    String text =
        row.theirs.isEmpty()
            ? String.format(Locale.ROOT, "raftkv %,.2f (%s)", ours, spread(row.ours))
            : String.format(
                Locale.ROOT,
                "etcd %,.2f, raftkv %,.2f, ratio %.2f (%.2f to %.2f)",
                median(row.theirs),
                ours,
                ratios[ratios.length / 2],
                ratios[0],
                ratios[ratios.length - 1]);
    Goal goal = row.goal;
    if (goal == null || (goal.isRatio() && ratios.length == 0)) {
      return text;
    }
    return text + "; " + goal.text(goal.isRatio() ? ratios[ratios.length / 2] : ours);
  }

  private static String spread(List<Double> values) {
    double[] sorted = sorted(values);
    return String.format(Locale.ROOT, "%,.2f to %,.2f", sorted[0], sorted[sorted.length - 1]);
  }

  /** Ascending. */
  private static double[] ratios(Row row) {
    double[] ratios = new double[Math.min(row.theirs.size(), row.ours.size())];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = row.theirs.get(i) == 0 ? 0 : row.ours.get(i) / row.theirs.get(i);
    }
    Arrays.sort(ratios);
    return ratios;
  }

  /** The ratios by figure: to be kept, and compared with those of another day. */
  Map<String, Double> medianRatios() {
    Map<String, Double> medians = new LinkedHashMap<>();
    rows.forEach(
        (figure, row) -> {
          double[] ratios = ratios(row);
          if (ratios.length > 0) {
            medians.put(figure, ratios[ratios.length / 2]);
          }
        });
    return medians;
  }

  private static double median(List<Double> values) {
    double[] sorted = sorted(values);
    return sorted[sorted.length / 2];
  }

  private static double[] sorted(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }
}
