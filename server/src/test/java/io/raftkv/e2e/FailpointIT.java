package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.client.ByteSequence;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.Reason;
import io.raftkv.raft.Failpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member ends at each place that matters, and nothing is lost or done twice. */
final class FailpointIT {
  private static final Duration EACH_MAX = Duration.ofSeconds(60);
  private static final int VALUE_BYTES = 30_000;
  private static final ByteSequence KEY = ByteSequence.of("key");

  /** These come once in some hundred writes. */
  private static final Set<Failpoint> RARE =
      EnumSet.of(
          Failpoint.BEFORE_SNAPSHOT_RENAME,
          Failpoint.AFTER_SNAPSHOT_RENAME,
          Failpoint.BEFORE_SEGMENT_RENAME,
          Failpoint.AFTER_SEGMENT_RENAME,
          Failpoint.BEFORE_LOG_CUT,
          Failpoint.AFTER_LOG_CUT);

  @TempDir Path folder;

  @Test
  void membersThatEndAnywhereComeBackAndEveryWriteIsDoneOnce() {
    try (KvdCluster cluster =
            new KvdCluster(folder, 3, "--snapshot-entries", "100", "--trailing-entries", "30");
        KvClient client = cluster.start().client(Duration.ofSeconds(30))) {
      long writes = 0;
      for (Failpoint failpoint : Failpoint.values()) {
        int member = (cluster.awaitLeader() + 1) % 3;
        cluster.process(member).terminate();
        cluster.process(member).awaitExit();
        KvdProcess failing =
            cluster.launchToFail(
                member, failpoint.text() + (RARE.contains(failpoint) ? "" : "@100"));
        // Only a follower answers; otherwise, a leader has more to lose.
        if (failpoint != Failpoint.AFTER_ANSWER) {
          makeLeader(client, failing, cluster.name(member));
        }

        long end = System.nanoTime() + EACH_MAX.toNanos();
        while (failing.isAlive() && System.nanoTime() < end) {
          client.put(KEY, value(++writes));
        }

        assertThat(failing.isAlive()).as("%s is reached", failpoint).isFalse();
        assertThat(failing.awaitExit()).as(failpoint.text()).isEqualTo(Failpoint.EXIT_CODE);
        assertThat(failing.stderr())
            .anyMatch(line -> line.contains(" WARN ") && line.contains(failpoint.text()));
        KvdProcess again = cluster.start(member);
        assertThat(again.stderr()).noneMatch(line -> line.contains("takes the place of"));
      }
      cluster.awaitEqualStates();
      KeyValue found = client.get(KEY).kv().orElseThrow();
      assertThat(found.value()).isEqualTo(value(writes));
      assertThat(found.version()).isEqualTo(writes);
    }
  }

  /** If it gets so far. */
  private static void makeLeader(KvClient client, KvdProcess process, String name) {
    Awaitility.await()
        .atMost(EACH_MAX)
        .until(
            () ->
                !process.isAlive()
                    || process.stdout().stream().anyMatch(line -> line.startsWith("ready ")));
    try {
      long id =
          client.cluster().members().members().stream()
              .filter(member -> member.name().equals(name))
              .findFirst()
              .orElseThrow()
              .id();
      client.cluster().transferLeadership(id);
    } catch (KvException e) {
      // It got to the place before it led, or while it was about to: that is one more way there.
      assertThat(e.reason()).isNotEqualTo(Reason.MEMBER_NOT_FOUND);
    }
  }

  private static ByteSequence value(long number) {
    byte[] value = new byte[VALUE_BYTES];
    for (int i = 0; i < Long.BYTES; i++) {
      value[i] = (byte) (number >> 8 * i);
    }
    return ByteSequence.of(value);
  }

  @Test
  void placeThatDoesNotExistIsRefused() {
    try (KvdProcess kvd =
        KvdProcess.start(
            folder, List.of("-Dfailpoint=after-lunch"), Map.of(), List.of("--storage", "memory"))) {
      assertThat(kvd.awaitExit()).isEqualTo(2);
      assertThat(kvd.stderr())
          .singleElement()
          .asString()
          .startsWith("kvd: -Dfailpoint=after-lunch is none of before-save, after-save, ");
    }
  }
}
