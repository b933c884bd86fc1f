package io.raftkv.e2e.run;

import io.raftkv.client.Endpoint;
import io.raftkv.e2e.KvdCluster;
import io.raftkv.e2e.KvdProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Members of raftkv on loopback, as its launcher starts them, with its defaults. */
final class RaftkvCluster implements Contender {
  private static final String DEFAULT_SEGMENT = "64MiB";

  private final int size;
  private final KvdProcess.Program program;
  private final Path folder;
  private final KvdCluster members;

  RaftkvCluster(int size, KvdProcess.Program program, Path folder) {
    this.size = size;
    this.program = program;
    this.folder = folder;
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

  @Override
  public void save(Path file) throws IOException, InterruptedException {
    try (Kvctl kvctl = Kvctl.start(folder, endpoints(), "backup", "save", file.toString())) {
      if (kvctl.exitCode() != 0) {
        throw new AssertionError("no backup: " + kvctl.stderr());
      }
    }
  }

  @Override
  public void restore(Path file, Path dataDir) {
    List<String> arguments = List.of("restore", file.toString(), "--data-dir", dataDir.toString());
    try (KvdProcess kvd = KvdProcess.start(folder, program, Map.of(), arguments)) {
      if (kvd.awaitExit() != 0) {
        throw new AssertionError("not restored: " + kvd.stderrText());
      }
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
