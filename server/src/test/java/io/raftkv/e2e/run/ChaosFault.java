package io.raftkv.e2e.run;

import java.io.IOException;
import java.util.Random;

/** What chaos does, until all of it is healed at the end of a round. */
enum ChaosFault {
  KILL {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) {
      stage.kill(scene.cluster, victim);
    }
  },
  KILL_ALL {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) {
      stage.killAll(scene.cluster);
    }
  },
  POWER_CUT {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) throws InterruptedException {
      stage.cutPower(scene.cluster);
    }
  },
  PAUSE {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) {
      stage.pause(scene.cluster, victim);
    }
  },
  HUNG_SYNCS {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) {
      stage.hangSyncs(victim);
    }
  },
  FAILING_SYNC {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) {
      stage.failSync(victim);
    }
  },
  FULL_DISK {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) throws IOException {
      stage.fillDisk(victim, random.nextInt(LEFT_BYTES_MAX));
    }
  },
  CUT_LINKS {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) throws InterruptedException {
      PartitionCase[] cases = PartitionCase.values();
      stage.cutLinks(cases[random.nextInt(cases.length)], victim, random);
    }
  },
  TRANSFER {
    @Override
    void strike(Stage stage, Scene scene, int victim, Random random) {
      stage.transferLeadership(scene);
    }
  };

  private static final int LEFT_BYTES_MAX = 2 << 20;

  /**
   * Does it.
   *
   * @param victim whom to, or around whom
   */
  abstract void strike(Stage stage, Scene scene, int victim, Random random)
      throws IOException, InterruptedException;
}
