package io.raftkv.e2e.run;

import io.raftkv.client.KvException;
import io.raftkv.e2e.MemberSites;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Members to whom everything can be done: each has a network namespace, a disk whose power can be
 * cut, and syncs that can be harmed. Members are counted from 0. Used by one thread.
 */
final class Stage implements AutoCloseable {
  private static final int DISK_MIB = 96;

  private final int members;
  private final Namespaces network;
  private final LoopDisks disks;
  private final SyncShim shim;
  private final Set<Integer> paused = new HashSet<>();

  Stage(Path folder, int members) throws IOException, InterruptedException {
    this.members = members;
    shim = new SyncShim(folder, members);
    disks = new LoopDisks(folder, members, DISK_MIB);
    network = new Namespaces(members);
    network.heal();
  }

  /** Where and how the members run. */
  MemberSites sites() {
    return new MemberSites() {
      @Override
      public String host(int member) {
        return network.host(member);
      }

      @Override
      public List<String> prefix(int member) {
        return network.prefix(member);
      }

      @Override
      public Map<String, String> environment(int member) {
        return shim.environment(member);
      }
    };
  }

  void kill(Cluster cluster, int member) {
    if (cluster.process(member).isAlive()) {
      cluster.kill(member);
    }
  }

  void killAll(Cluster cluster) {
    IntStream.range(0, members).forEach(member -> kill(cluster, member));
  }

  void cutPower(Cluster cluster) throws InterruptedException {
    disks.cutPower();
    cluster.killAll();
    disks.restorePower();
  }

  void pause(Cluster cluster, int member) {
    if (cluster.process(member).isAlive() && paused.add(member)) {
      cluster.pause(member);
    }
  }

  void hangSyncs(int member) {
    shim.treat(member, SyncShim.Treatment.HANG);
  }

  void failSync(int member) {
    shim.treat(member, SyncShim.Treatment.FAIL_ONCE);
  }

  void fillDisk(int member, long leave) throws IOException {
    disks.fill(member, leave);
  }

  void cutLinks(PartitionCase partition, int leader, Random random) throws InterruptedException {
    network.apply(partition.links(members, leader, random));
  }

  /** If there is a leader, and somebody to take over. */
  void transferLeadership(Scene scene) {
    try {
      scene.control().cluster().transferLeadership();
    } catch (KvException e) {
      // There is none, or nobody could; nor does anything depend on it.
      return;
    }
  }

  /** Starts those that do not run; returns at once. */
  void launchDead(Cluster cluster) {
    for (int member = 0; member < members; member++) {
      if (!cluster.process(member).isAlive()) {
        paused.remove(member);
        cluster.launch(member);
      }
    }
  }

  /** Ends every fault; returns when all members have what is committed. */
  void heal(Cluster cluster) throws IOException, InterruptedException {
    network.heal();
    for (int member = 0; member < members; member++) {
      shim.treat(member, SyncShim.Treatment.USUAL);
      disks.free(member);
      if (paused.remove(member) && cluster.process(member).isAlive()) {
        cluster.resume(member);
      }
    }
    cluster.await(
        "every member runs and has what is committed",
        () -> {
          // One whose disk failed, or was full, may end only now.
          launchDead(cluster);
          return cluster.haveAllCommitted();
        });
  }

  @Override
  public void close() {
    network.close();
    disks.close();
  }
}
