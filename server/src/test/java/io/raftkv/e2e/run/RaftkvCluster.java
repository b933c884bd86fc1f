package io.raftkv.e2e.run;

import io.raftkv.client.Endpoint;
import io.raftkv.e2e.KvdCluster;
import io.raftkv.e2e.KvdProcess;
import java.nio.file.Path;
import java.util.List;

/** Members of raftkv on loopback, as its launcher starts them, with its defaults. */
final class RaftkvCluster implements Contender {
  private static final String DEFAULT_SEGMENT = "64MiB";

  private final int size;
  private final KvdCluster members;

  RaftkvCluster(int size, KvdProcess.Program program, Path folder) {
    this.size = size;
    members = new KvdCluster(folder, size, program, List.of("--segment-bytes", DEFAULT_SEGMENT));
  }

  @Override
  public String target() {
    return "raftkv";
  }

  @Override
  public List<Endpoint> endpoints() {
    return members.endpoints();
  }

  @Override
  public void start() {
    members.start();
    members.awaitLeader();
  }

  @Override
  public void read(String key) {
    if (!members.client().get(key).isPresent()) {
      throw new AssertionError("raftkv does not have " + key);
    }
  }

  /** To whoever is most up to date. */
  void handOver() {
    members.client().cluster().transferLeadership();
  }

  @Override
  public void killLeader() {
    members.process(members.awaitLeader()).kill();
  }

  @Override
  public void stop() {
    for (int member : members.runningMembers()) {
      members.process(member).terminate();
    }
    for (int member = 0; member < size; member++) {
      members.process(member).awaitExit();
    }
  }

  @Override
  public void close() {
    stop();
    members.close();
  }
}
