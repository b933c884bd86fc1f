package io.raftkv.cli;

import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** A log record on one line; of an exception its message, not its stack. */
final class OneLineFormatter extends Formatter {
  @Override
  public String format(LogRecord record) {
    Throwable thrown = record.getThrown();
    String message = formatMessage(record) + (thrown == null ? "" : ": " + thrown);
    String line = record.getLevel() + " " + record.getLoggerName() + " " + message;
    return line.strip().replaceAll("[\\p{Cntrl}]+", " ") + "\n";
  }
}
