package io.raftkv.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** One run of kvctl and what came of it. */
record Run(int exitCode, byte[] out, String err) {
  static Run kvctl(String... args) {
    return kvctl(new byte[0], Set.of(), args);
  }

  static Run kvctl(byte[] in, Set<Console.Stream> terminals, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console = new Console(new ByteArrayInputStream(in), out, err, terminals, Map.of());
    int exitCode = Kvctl.run(console, args);
    return new Run(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
  }

  String text() {
    return new String(out, StandardCharsets.UTF_8);
  }
}
