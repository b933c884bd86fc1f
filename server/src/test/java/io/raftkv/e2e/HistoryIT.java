package io.raftkv.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.check.History;
import io.raftkv.check.LinearizabilityChecker;
import io.raftkv.check.Operation;
import io.raftkv.client.GetResult;
import io.raftkv.client.KeyValue;
import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that write and read the same few keys while members are killed and paused. */
final class HistoryIT {
  private static final int CLIENTS = 4;
  private static final int KEYS = 3;
  private static final int OPERATIONS_PER_STEP = 300;

  @TempDir Path folder;

  private final History history = new History();
  private final AtomicBoolean isStopped = new AtomicBoolean();

  private void run(int number, KvClient client) {
    Random random = new Random(number);
    for (int round = 0; !isStopped.get(); round++) {
      String key = "k" + random.nextInt(KEYS);
      if (random.nextBoolean()) {
        put(number, client, key, number + "." + round);
      } else {
        get(number, client, key);
      }
    }
  }

  private void put(int number, KvClient client, String key, String value) {
    Operation put = history.put(number, key, value, System.nanoTime());
    try {
      history.done(put, client.put(key, value).modRevision(), System.nanoTime());
    } catch (KvException e) {
      if (!e.isOutcomeUnknown()) {
        history.refused(put, System.nanoTime());
      }
    }
  }

  private void get(int number, KvClient client, String key) {
    Operation get = history.get(number, key, System.nanoTime());
    GetResult result;
    try {
      result = client.get(key);
    } catch (KvException e) {
      return; // A read without an answer says nothing.
    }
    long revision = result.header().revision();
    Optional<KeyValue> found = result.kv();
    if (found.isPresent()) {
      KeyValue kv = found.get();
      history.found(get, kv.value().utf8(), kv.modRevision(), revision, System.nanoTime());
    } else {
      history.absent(get, revision, System.nanoTime());
    }
  }

  /** Every fault is followed by progress. */
  private void awaitProgress() {
    long before = history.count(Operation.Outcome.OK);
    Awaitility.await("requests are answered")
        .atMost(Duration.ofSeconds(60))
        .until(() -> history.count(Operation.Outcome.OK) >= before + OPERATIONS_PER_STEP);
  }

  @Test
  void historyUnderKillsAndPausesIsLinearizable() throws InterruptedException {
    List<KvClient> clients = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    try (KvdCluster cluster = new KvdCluster(folder, 3, "--snapshot-entries", "200").start()) {
      cluster.awaitLeader();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        KvClient client = cluster.client(Duration.ofSeconds(3));
        clients.add(client);
        threads.add(new Thread(() -> run(number, client), "client-" + number));
      }
      threads.forEach(Thread::start);
      awaitProgress();

      int killed = cluster.awaitLeader();
      cluster.process(killed).kill();
      awaitProgress();
      cluster.start(killed);

      int paused = cluster.awaitLeader();
      cluster.process(paused).pauseProcess();
      awaitProgress();
      cluster.process(paused).resumeProcess();
      awaitProgress();

      cluster.killAll();
      cluster.start();
      awaitProgress();

      isStopped.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
      cluster.awaitEqualStates();
      assertThat(LinearizabilityChecker.check(history)).isEmpty();
    } finally {
      isStopped.set(true);
      clients.forEach(KvClient::close);
    }
  }
}
