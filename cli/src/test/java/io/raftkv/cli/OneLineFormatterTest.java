package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

final class OneLineFormatterTest {
  @Test
  void aWarningIsOneLineAlsoWithAnException() {
    LogRecord record = new LogRecord(Level.WARNING, "cannot {0}");
    record.setLoggerName("io.grpc");
    record.setParameters(new Object[] {"connect"});
    record.setThrown(new IllegalStateException("first\nsecond"));

    assertThat(new OneLineFormatter().format(record))
        .isEqualTo(
            "WARNING io.grpc cannot connect:" + " java.lang.IllegalStateException: first second\n");
  }
}
