package io.raftkv.e2e.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Ends what runs have mounted, at the end of this process at the latest. Thread-safe. */
final class Unmount {
  private static final Set<Path> MOUNTED = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> MOUNTED.forEach(Unmount::now)));
  }

  private Unmount() {}

  static void atExit(Path mountPoint) {
    MOUNTED.add(mountPoint);
  }

  /** Whoever still uses it keeps it for as long, but nobody finds it any more. */
  static void now(Path mountPoint) {
    try {
      if (MOUNTED.remove(mountPoint)
          && new ProcessBuilder("umount", "--lazy", mountPoint.toString())
                  .inheritIO()
                  .start()
                  .waitFor()
              != 0) {
        System.err.println("still mounted: " + mountPoint);
      }
    } catch (IOException e) {
      System.err.println("still mounted: " + mountPoint + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
