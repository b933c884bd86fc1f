package io.raftkv.e2e.run;

import io.raftkv.client.Endpoint;
import io.raftkv.e2e.KvdCluster;
import io.raftkv.e2e.KvdProcess;
import java.nio.file.Path;
import java.util.List;

/** Three members of raftkv on loopback, as its launcher starts them, with its defaults. */
final class RaftkvCluster implements Contender {
  private static final int SIZE = 3;
  private static final String DEFAULT_SEGMENT = "64MiB";

  private final KvdCluster members;

  RaftkvCluster(KvdProcess.Program program, Path folder) {
    members = new KvdCluster(folder, SIZE, program, List.of("--segment-bytes", DEFAULT_SEGMENT));
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
  public void killLeader() {
    members.process(members.awaitLeader()).kill();
  }

  @Override
  public void stop() {
    for (int member : members.runningMembers()) {
      members.process(member).terminate();
    }
    for (int member = 0; member < SIZE; member++) {
      members.process(member).awaitExit();
    }
  }
}
