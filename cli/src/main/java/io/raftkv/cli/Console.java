package io.raftkv.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The process around a command: its streams, which of them are terminals, its environment. Data
 * goes to standard output, byte for byte; everything said to a person goes to standard error.
 * Confined to the main thread, but for {@link #say}.
 */
final class Console {
  /** A stream of the process. */
  enum Stream {
    IN,
    OUT,
    ERR
  }

  private static final int OUTPUT_BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final OutputStream out;
  private final OutputStream err;
  private final Set<Stream> terminals;
  private final Map<String, String> environment;

  /** Output is buffered until {@link #flush}. */
  Console(
      InputStream in,
      OutputStream out,
      OutputStream err,
      Set<Stream> terminals,
      Map<String, String> environment) {
    this.in = in;
    this.out = new BufferedOutputStream(out, OUTPUT_BUFFER_BYTES);
    this.err = err;
    this.terminals = Set.copyOf(terminals);
    this.environment = Map.copyOf(environment);
  }

  /**
   * That of this process. The launcher tells which streams are terminals; without it none is.
   * System.out is of no use here: it hides that the reader has gone.
   */
  static Console ofProcess() {
    Set<Stream> terminals =
        Arrays.stream(System.getProperty("raftkv.terminals", "").split(","))
            .filter(name -> !name.isBlank())
            .map(name -> Stream.valueOf(name.toUpperCase(Locale.ROOT)))
            .collect(Collectors.toUnmodifiableSet());
    return new Console(
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        terminals,
        System.getenv());
  }

  InputStream in() {
    return in;
  }

  boolean isTerminal(Stream stream) {
    return terminals.contains(stream);
  }

  String environment(String name, String otherwise) {
    String value = environment.getOrDefault(name, "");
    return value.isBlank() ? otherwise : value;
  }

  /** Colours are for terminals, and for people who did not say NO_COLOR. */
  boolean hasColour(Stream stream) {
    return isTerminal(stream)
        && environment("NO_COLOR", "").isEmpty()
        && !environment("TERM", "").equals("dumb");
  }

  /** Data, as it is. */
  void write(byte[] bytes) {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new OutputFailedException(e);
    }
  }

  void write(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  void writeLine(String text) {
    write(text + "\n");
  }

  void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      throw new OutputFailedException(e);
    }
  }

  /** For a person: one line on standard error. */
  void say(String line) {
    sayRaw(line + "\n");
  }

  /** Shows how far it is, in place; only on a terminal. An empty text removes it. */
  void progress(String text) {
    if (isTerminal(Stream.ERR)) {
      sayRaw("\r\u001b[K" + text);
    }
  }

  private void sayRaw(String text) {
    try {
      err.write(text.getBytes(StandardCharsets.UTF_8));
      err.flush();
    } catch (IOException e) {
      // Nobody listens on standard error, and there is no other place to say so: the exit code
      // still tells.
      return;
    }
  }
}
