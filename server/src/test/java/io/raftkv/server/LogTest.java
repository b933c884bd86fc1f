package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

final class LogTest {
  private static String line(String message, Throwable failure, Object... arguments) {
    LoggerContext context = new LoggerContext();
    LoggingEvent event =
        new LoggingEvent(
            "test", context.getLogger("io.raftkv.Some"), Level.WARN, message, failure, arguments);
    return new OneLineLayout().doLayout(event);
  }

  @Test
  void anEventIsOneLineWhateverItHolds() {
    String line =
        line("key {}", new IllegalStateException("first\nsecond"), "a\r\nb\u001b[31m\u0000\u2028c");

    assertThat(line).endsWith(System.lineSeparator());
    assertThat(line.strip().lines()).hasSize(1);
    assertThat(line)
        .contains("WARN Some: key a\\r\\nb\\u001b[31m\\u0000\\u2028c")
        .contains("java.lang.IllegalStateException: first\\nsecond");
  }

  @Test
  void aLongMessageIsCut() {
    String line = line("{}", null, "x".repeat(100_000));

    assertThat(line.length()).isLessThan(Lines.LENGTH_MAX + 200);
    assertThat(line).contains("(100000 characters)");
  }

  @Test
  void whatIsPlainStaysAsItIs() {
    assertThat(Lines.escape("größer ✓ 1")).isEqualTo("größer ✓ 1");
  }
}
