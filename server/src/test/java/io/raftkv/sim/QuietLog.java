package io.raftkv.sim;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/** Thousands of nodes fail here on purpose: what they log about it is of no use. */
final class QuietLog implements AutoCloseable {
  private static final List<String> QUIET = List.of("io.raftkv.raft", "io.raftkv.storage");

  private final Map<Logger, Level> before = new HashMap<>();

  QuietLog() {
    for (String name : QUIET) {
      Logger logger = (Logger) LoggerFactory.getLogger(name);
      before.put(logger, logger.getLevel());
      logger.setLevel(Level.OFF);
    }
  }

  @Override
  public void close() {
    before.forEach(Logger::setLevel);
  }
}
