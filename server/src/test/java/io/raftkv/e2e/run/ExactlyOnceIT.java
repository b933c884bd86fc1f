package io.raftkv.e2e.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The run in small. */
final class ExactlyOnceIT {
  @Test
  void everyAppendCountsOnceThoughRequestsAreSentTwiceAndAnswersAreDropped() {
    StringWriter report = new StringWriter();
    CommandLine run = new CommandLine(new ExactlyOnce()).setOut(new PrintWriter(report));

    int code = run.execute("--appends", "1500", "--kills", "2", "--workers", "8");

    assertThat(code).as("%s", report).isZero();
  }
}
