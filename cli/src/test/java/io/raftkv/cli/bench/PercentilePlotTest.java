package io.raftkv.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

final class PercentilePlotTest {
  private static Document drawn(Histogram micros) throws Exception {
    byte[] svg = PercentilePlot.svg("puts <1 & more", micros).getBytes(StandardCharsets.UTF_8);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg));
  }

  private static String line(Document svg) {
    var paths = svg.getElementsByTagName("path");
    return ((Element) paths.item(paths.getLength() - 1)).getAttribute("d");
  }

  @Test
  void slowerRequestsAreHigherAndFurtherToTheRight() throws Exception {
    Histogram micros = new Histogram(3);
    for (int i = 1; i <= 10_000; i++) {
      micros.recordValue(i);
    }

    String[] points = line(drawn(micros)).substring(1).split("L");

    double[] first = coordinates(points[0]);
    double[] last = coordinates(points[points.length - 1]);
    assertThat(last[0]).isGreaterThan(first[0]);
    assertThat(last[1]).isLessThan(first[1]);
    assertThat(points).hasSizeGreaterThan(50);
  }

  private static double[] coordinates(String point) {
    String[] parts = point.strip().split(" ");
    return new double[] {Double.parseDouble(parts[0]), Double.parseDouble(parts[1])};
  }

  @Test
  void titleIsTextAndNothingRecordedIsDrawnToo() throws Exception {
    Document svg = drawn(new Histogram(3));

    assertThat(svg.getElementsByTagName("text").item(0).getTextContent())
        .isEqualTo("puts <1 & more");
  }
}
