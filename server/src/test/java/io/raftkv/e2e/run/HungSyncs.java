package io.raftkv.e2e.run;

import io.raftkv.client.ReadOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The leader's syncs hang, for longer than an election timeout; or one fails. */
final class HungSyncs {
  private static final Duration HUNG = Duration.ofSeconds(6);
  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final Duration DOWN = Duration.ofSeconds(2);

  private final Scene scene;
  private final SyncShim shim;
  private final Endings endings;
  private final Report report;

  HungSyncs(Scene scene, SyncShim shim, Endings endings, Report report) {
    this.scene = scene;
    this.shim = shim;
    this.endings = endings;
    this.report = report;
  }

  void run(int times) throws InterruptedException {
    scene.start(ReadOptions.DEFAULT);
    hang(times);
    fail(times);
    scene.judge(report);
  }

  private void hang(int times) throws InterruptedException {
    List<Long> gaps = new ArrayList<>();
    List<Long> handedOver = new ArrayList<>();
    int kept = 0;
    for (int i = 0; i < times; i++) {
      scene.renewKeys();
      Run.pause(QUIET);
      int leader = scene.cluster.awaitLeader();
      report.progress("syncs of %s, the leader, hang", scene.cluster.name(leader));
      long began = System.nanoTime();
      shim.treat(leader, SyncShim.Treatment.HANG);
      long end = began + HUNG.toNanos();
      boolean isReplaced = false;
      while (System.nanoTime() - end < 0) {
        if (!isReplaced && scene.cluster.awaitLeader() != leader) {
          isReplaced = true;
          handedOver.add(System.nanoTime() - began);
        }
        Run.pause(Duration.ofMillis(10));
      }
      kept += isReplaced ? 0 : 1;
      requireStruck(leader);
      shim.treat(leader, SyncShim.Treatment.USUAL);
      scene.cluster.awaitFollowing(leader);
      gaps.add(scene.recorder().gaps().longest(began, System.nanoTime()));
    }
    report.figure("hung syncs of the leader", "%d times, %d s each", times, HUNG.toSeconds());
    report.check("  another one leads meanwhile", kept == 0, kept + " times none did");
    Gaps.print(report, "  another leads after", handedOver);
    Gaps.print(report, "  write gap per fault", gaps);
  }

  private void fail(int times) throws InterruptedException {
    List<Long> gaps = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      scene.renewKeys();
      Run.pause(QUIET);
      int leader = scene.cluster.awaitLeader();
      // Each time the leader's or, every third time, a follower's.
      int member = i % 3 == 2 ? (leader + 1) % scene.cluster.size() : leader;
      report.progress(
          "a sync of %s, %s, fails",
          scene.cluster.name(member), member == leader ? "the leader" : "a follower");
      long began = System.nanoTime();
      shim.treat(member, SyncShim.Treatment.FAIL_ONCE);
      endings.check(scene.cluster, member, report);
      requireStruck(member);
      Run.pause(DOWN);
      scene.cluster.launch(member).awaitReady();
      scene.cluster.awaitFollowing(member);
      gaps.add(scene.recorder().gaps().longest(began, System.nanoTime()));
    }
    report.figure("failing syncs", "%d times", times);
    Gaps.print(report, "  write gap per fault", gaps);
  }

  /** Otherwise nothing happened, and nothing was shown. */
  private void requireStruck(int member) {
    if (!shim.hasStruck(member)) {
      throw new AssertionError("no sync of " + scene.cluster.name(member) + " was harmed");
    }
  }
}
