package io.raftkv.e2e.run;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.ReadOptions;
import io.raftkv.client.Reason;
import java.io.IOException;
import java.time.Duration;

/** The disks of one member, of another one and of all are full, and then have room again. */
final class FullDisks {
  /** Less than a member keeps for a snapshot and its log's next file. */
  private static final long LEFT_BYTES = 300 << 10;

  private static final Duration FULL = Duration.ofSeconds(8);
  private static final Duration QUIET = Duration.ofSeconds(2);
  private static final int BULK_BYTES = 200_000;

  private final Scene scene;
  private final MemoryDisks disks;
  private final Endings endings;
  private final Report report;

  FullDisks(Scene scene, MemoryDisks disks, Endings endings, Report report) {
    this.scene = scene;
    this.disks = disks;
    this.endings = endings;
    this.report = report;
  }

  void run() throws IOException, InterruptedException {
    scene.start(ReadOptions.DEFAULT);
    Run.pause(QUIET);
    leaderFull();
    followerFull();
    allFull();
    scene.judge(report);
  }

  private Probe newProbe() {
    return new Probe(scene.cluster.connect(0, Duration.ofSeconds(2)));
  }

  private void leaderFull() throws IOException, InterruptedException {
    int leader = scene.cluster.awaitLeader();
    report.progress("the disk of %s, the leader, is full", scene.cluster.name(leader));
    long began = System.nanoTime();
    disks.fill(leader, LEFT_BYTES);
    Probe probe = newProbe();
    probe.during(FULL);
    long freed = System.nanoTime();
    disks.free(leader);
    long served = scene.awaitAcknowledged(freed);

    probe.judge("one full disk, the leader's", report);
    printGap("  longest write gap", began, freed);
    report.figure("  served after freeing it", "%.0f ms", Run.millis(served - freed));
    bringBack(leader);
    Run.pause(QUIET);
  }

  /** Nothing is left at all, and what is written is large. */
  private void followerFull() throws IOException, InterruptedException {
    int follower = (scene.cluster.awaitLeader() + 1) % scene.cluster.size();
    report.progress("the disk of %s, a follower, is full", scene.cluster.name(follower));
    long began = System.nanoTime();
    disks.fill(follower, 0);
    Probe probe = newProbe();
    KvClient bulk = scene.cluster.connect(0, Duration.ofSeconds(2));
    ByteSequence value = ByteSequence.of(new byte[BULK_BYTES]);
    long end = began + FULL.toNanos();
    for (int i = 0; System.nanoTime() - end < 0; i++) {
      try {
        bulk.put(ByteSequence.of("bulk/" + i % 10), value);
      } catch (KvException e) {
        // The gap and the probe tell of it.
        Run.pause(QUIET.dividedBy(100));
      }
      probe.once();
    }
    probe.judge("one full disk, a follower's", report);
    printGap("  longest write gap", began, System.nanoTime());
    report.check("  the member goes on", scene.cluster.process(follower).isAlive(), "it stopped");
    long freed = System.nanoTime();
    disks.free(follower);
    bringBack(follower);
    report.figure("  has caught up after", "%.0f ms", Run.millis(System.nanoTime() - freed));
    Run.pause(QUIET);
  }

  private void allFull() throws IOException, InterruptedException {
    report.progress("all disks are full");
    long began = System.nanoTime();
    for (int member = 0; member < scene.cluster.size(); member++) {
      disks.fill(member, LEFT_BYTES);
    }
    Probe noticing = newProbe();
    while (noticing.refused(Reason.DISK_FULL) == 0) {
      noticing.once();
    }
    long refused = System.nanoTime();
    Probe probe = newProbe();
    probe.during(FULL);
    boolean doAllRun = scene.cluster.runningMembers().size() == scene.cluster.size();
    long freed = System.nanoTime();
    for (int member = 0; member < scene.cluster.size(); member++) {
      disks.free(member);
    }
    long served = scene.awaitAcknowledged(freed);

    probe.judge("all disks full", report);
    report.figure("  first refusal after", "%.0f ms", Run.millis(refused - began));
    report.check("  puts are refused", probe.puts() == 0, probe.puts() + " were not");
    report.check("  no member stops", doAllRun, "some did");
    report.figure("  served after freeing them", "%.0f ms", Run.millis(served - freed));
    Run.pause(QUIET);
  }

  private void printGap(String name, long from, long until) {
    report.figure(name, "%.0f ms", Run.millis(scene.recorder().gaps().longest(from, until)));
  }

  /** A member that stopped for want of room starts again. */
  private void bringBack(int member) throws InterruptedException {
    if (!scene.cluster.process(member).isAlive()) {
      endings.check(scene.cluster, member, report);
      scene.cluster.launch(member).awaitReady();
    }
    scene.cluster.awaitFollowing(member);
  }
}
