package io.raftkv.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.logging.ConsoleHandler;
import java.util.logging.LogManager;

/**
 * Logging of the command line: nothing by default, warnings on standard error with {@code
 * --verbose}. Found by logback as a service; in code rather than XML, because reading XML would be
 * a fifth of the start-up time.
 */
public final class QuietLogging extends ContextAwareBase implements Configurator {
  private static final String VERBOSE = "raftkv.cli.verbose";

  /** Made by logback. */
  public QuietLogging() {}

  /** To be called before anything logs. */
  static void apply(boolean isVerbose) {
    System.setProperty(VERBOSE, Boolean.toString(isVerbose));
    // gRPC and Netty log through java.util.logging, whose default is standard error and stack
    // traces.
    LogManager.getLogManager().reset();
    if (isVerbose) {
      ConsoleHandler handler = new ConsoleHandler();
      handler.setLevel(java.util.logging.Level.WARNING);
      handler.setFormatter(new OneLineFormatter());
      LogManager.getLogManager().getLogger("").addHandler(handler);
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    if (!Boolean.getBoolean(VERBOSE)) {
      root.setLevel(Level.OFF);
      return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{20} %msg%n%nopex");
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
