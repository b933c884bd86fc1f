package io.raftkv.e2e.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes the syncs of members hang, fail, or lie. Each member loads a library in front of the
 * system's (see {@code sync-shim.c}) and shares a small file with this.
 */
final class SyncShim {
  /** What becomes of a member's syncs. */
  enum Treatment {
    USUAL('.'),
    HANG('h'),
    FAIL_ONCE('f'),
    LIE('l');

    private final char code;

    Treatment(char code) {
      this.code = code;
    }
  }

  private static final int TREATED_AT = 1;

  private final Path library;
  private final List<Path> controls = new ArrayList<>();

  /** Compiles the library into the folder; nothing is treated yet. */
  SyncShim(Path folder, int members) throws IOException, InterruptedException {
    library = Tools.compile(folder, "sync-shim.c", "-shared", "-fPIC");
    for (int member = 0; member < members; member++) {
      Path control = folder.resolve("sync-control-" + (member + 1));
      Files.writeString(control, "..");
      controls.add(control);
    }
  }

  /** What a member's process needs in its environment. */
  Map<String, String> environment(int member) {
    return Map.of(
        "LD_PRELOAD",
        library.toAbsolutePath().toString(),
        "RAFTKV_SYNC_CONTROL",
        controls.get(member).toAbsolutePath().toString());
  }

  /** From now on. */
  void treat(int member, Treatment treatment) {
    try (RandomAccessFile control = new RandomAccessFile(controls.get(member).toFile(), "rw")) {
      control.write(new byte[] {(byte) treatment.code, '.'});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a sync was treated so since {@link #treat}. */
  boolean hasStruck(int member) {
    try (RandomAccessFile control = new RandomAccessFile(controls.get(member).toFile(), "r")) {
      control.seek(TREATED_AT);
      return control.read() == '!';
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
