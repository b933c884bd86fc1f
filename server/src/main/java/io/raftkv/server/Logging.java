package io.raftkv.server;

import ch.qos.logback.classic.LoggerContext;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings what libraries say through java.util.logging into the same log, and ends it. */
final class Logging {
  private Logging() {}

  static void install() {
    LogManager.getLogManager().reset();
    java.util.logging.Logger root = java.util.logging.Logger.getLogger("");
    root.setLevel(Level.INFO);
    root.addHandler(new Bridge());
  }

  /** Writes what is queued, for a bounded time, and closes the log. */
  static void stop() {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (factory instanceof LoggerContext context) {
      context.stop();
    }
  }

  private static final class Bridge extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord event) {
      String name = event.getLoggerName();
      Logger logger = LoggerFactory.getLogger(name == null ? "java" : name);
      String message = formatter.formatMessage(event);
      int level = event.getLevel().intValue();
      if (level >= Level.SEVERE.intValue()) {
        logger.error(message, event.getThrown());
      } else if (level >= Level.WARNING.intValue()) {
        logger.warn(message, event.getThrown());
      } else if (level >= Level.INFO.intValue()) {
        logger.info(message, event.getThrown());
      } else {
        logger.debug(message, event.getThrown());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
