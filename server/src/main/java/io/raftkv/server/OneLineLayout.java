package io.raftkv.server;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** One line for each event, whatever its message holds: time in UTC, level, logger, message. */
public final class OneLineLayout extends LayoutBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final int FRAMES_MAX = 20;
  private static final int CAUSES_MAX = 5;

  @Override
  public String doLayout(ILoggingEvent event) {
    String logger = event.getLoggerName();
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    line.append(' ').append(event.getLevel()).append(' ');
    line.append(logger.substring(logger.lastIndexOf('.') + 1)).append(": ");
    line.append(Lines.escape(String.valueOf(event.getFormattedMessage())));
    IThrowableProxy failure = event.getThrowableProxy();
    for (int i = 0; failure != null && i < CAUSES_MAX; i++, failure = failure.getCause()) {
      appendFailure(line, failure);
    }
    return line.append(System.lineSeparator()).toString();
  }

  private static void appendFailure(StringBuilder line, IThrowableProxy failure) {
    line.append(" | ").append(failure.getClassName());
    if (failure.getMessage() != null) {
      line.append(": ").append(Lines.escape(failure.getMessage()));
    }
    StackTraceElementProxy[] frames = failure.getStackTraceElementProxyArray();
    for (int i = 0; i < Math.min(FRAMES_MAX, frames.length); i++) {
      line.append(" < ").append(frames[i].getStackTraceElement());
    }
  }
}
