package io.raftkv.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class TableTest {
  /** Widths counted anew for each row would take minutes. */
  @Test
  @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void theTimeForATableGrowsWithItsRowsOnly() {
    int rows = 50_000;
    Table table = new Table("KEY", "CREATED", "VALUE");
    for (int i = 0; i < rows; i++) {
      table.row("key" + i, i, "v");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            out,
            OutputStream.nullOutputStream(),
            Set.of(),
            Map.of());

    table.print(console);
    console.flush();

    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("KEY       CREATED  VALUE\nkey0      0        v\n");
  }
}
