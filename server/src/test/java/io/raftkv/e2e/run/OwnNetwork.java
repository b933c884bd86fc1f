package io.raftkv.e2e.run;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs this program once more in a network namespace of its own: what it sets up there nobody else
 * sees, and all of it goes with the last process in it.
 */
final class OwnNetwork {
  private static final String MARK = "RAFTKV_FAULTS_OWN_NETWORK";

  private OwnNetwork() {}

  /** Whether this process is the one within. */
  static boolean isInside() {
    return System.getenv(MARK) != null;
  }

  /**
   * Does all of it within.
   *
   * @return the exit code
   */
  static int run(List<String> arguments) throws InterruptedException {
    Tools.requireRoot("make networks");
    List<String> command = new ArrayList<>(List.of("unshare", "--net"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FaultRun.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put(MARK, "yes");
    Process inside;
    try {
      inside = builder.start();
    } catch (IOException e) {
      throw new ToolException("this run needs unshare: " + e.getMessage());
    }
    // Asked to end, it ends its members.
    Runtime.getRuntime().addShutdownHook(new Thread(inside::destroy));
    return inside.waitFor();
  }
}
