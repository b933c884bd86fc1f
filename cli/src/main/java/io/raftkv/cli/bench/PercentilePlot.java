package io.raftkv.cli.bench;

import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * How long requests took, as a picture: the share of requests to the right, each nine as wide as
 * the one before; the time upwards, each power of ten as high as the next.
 */
public final class PercentilePlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 480;
  private static final int LEFT = 80;
  private static final int RIGHT = 20;
  private static final int TOP = 50;
  private static final int BOTTOM = 60;
  private static final int TICKS_PER_HALF = 20;

  private final Histogram micros;
  private final double nines;
  private final double lowest;
  private final double highest;

  private PercentilePlot(Histogram micros) {
    this.micros = micros;
    nines = Math.max(1, Math.ceil(Math.log10(Math.max(10, micros.getTotalCount()))));
    lowest = Math.floor(Math.log10(Math.max(1, micros.getMinNonZeroValue())));
    highest = Math.max(lowest + 1, Math.ceil(Math.log10(Math.max(10, micros.getMaxValue()))));
  }

  /** A whole SVG document. */
  public static String svg(String title, Histogram micros) {
    return new PercentilePlot(micros).draw(title);
  }

  private double x(double percentile) {
    double nine = Math.min(nines, -Math.log10(Math.max(1e-12, 1 - percentile / 100)));
    return LEFT + nine / nines * (WIDTH - LEFT - RIGHT);
  }

  private double y(double value) {
    double power = Math.log10(Math.max(1, value));
    return HEIGHT - BOTTOM - (power - lowest) / (highest - lowest) * (HEIGHT - TOP - BOTTOM);
  }

  private String draw(String title) {
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        WIDTH,
        HEIGHT);
    add(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    add(svg, "<text x=\"%d\" y=\"28\" font-size=\"16\">%s</text>", LEFT, escaped(title));
    grid(svg);
    line(svg);
    add(svg, "</svg>");
    return svg.toString();
  }

  private void grid(StringBuilder svg) {
    for (int power = (int) lowest; power <= highest; power++) {
      double y = y(Math.pow(10, power));
      add(
          svg,
          "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT,
          y,
          WIDTH - RIGHT,
          LEFT - 8,
          y + 4,
          time(power));
    }
    for (int nine = 0; nine <= nines; nine++) {
      double percentile = 100 - 100 / Math.pow(10, nine);
      double x = x(percentile);
      String name =
          nine == 0
              ? "0"
              : String.format(Locale.ROOT, "%." + Math.max(0, nine - 2) + "f", percentile);
      add(
          svg,
          "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s %%</text>",
          x,
          TOP,
          HEIGHT - BOTTOM,
          x,
          HEIGHT - BOTTOM + 20,
          name);
    }
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">share of the requests that took no longer</text>",
        (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - 16);
  }

  private static String time(int power) {
    return power < 3
        ? (int) Math.pow(10, power) + " µs"
        : power < 6 ? (int) Math.pow(10, power - 3) + " ms" : (int) Math.pow(10, power - 6) + " s";
  }

  private void line(StringBuilder svg) {
    StringBuilder path = new StringBuilder();
    for (HistogramIterationValue step : micros.percentiles(TICKS_PER_HALF)) {
      add(
          path,
          "%s%.1f %.1f",
          path.isEmpty() ? "M" : "L",
          x(step.getPercentileLevelIteratedTo()),
          y(step.getValueIteratedTo()));
    }
    add(svg, "<path d=\"%s\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>", path);
  }

  private static void add(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
