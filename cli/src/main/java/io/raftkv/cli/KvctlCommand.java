package io.raftkv.cli;

import io.raftkv.client.KvClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What the commands have in common: the way to the options given to all of them. */
abstract class KvctlCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  /**
   * Does the work; returns the exit code. Failures are thrown: {@link Kvctl} turns them into one
   * line and an exit code.
   */
  abstract int run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run();
  }

  final Kvctl kvctl() {
    return (Kvctl) spec.root().userObject();
  }

  final Console console() {
    return kvctl().console();
  }

  /** A client of the cluster that the options name. */
  final KvClient connect() {
    return KvClient.connect(kvctl().clientOptions());
  }

  /** For a person who did not ask for quiet. */
  final void inform(String line) {
    if (!kvctl().isQuiet()) {
      console().say("kvctl: " + line);
    }
  }
}
