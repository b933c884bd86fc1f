package io.raftkv.cli;

import io.raftkv.client.KvClient;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
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

  /** Whether {@code --consistency} means something to it. */
  boolean isRead() {
    return false;
  }

  @Override
  public final Integer call() throws Exception {
    if (kvctl().hasConsistency() && !isRead()) {
      throw CliException.invalid("--consistency goes with get, scan and backup save");
    }
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

  /**
   * To be called before the first write leaves, and again when more is known.
   *
   * @param account how far it is; called on any thread
   */
  final void sending(Supplier<String> account) {
    kvctl().writes().open(account);
  }

  /** Shows how far it is, to a person who did not ask for quiet. */
  final void progress(String text) {
    if (!kvctl().isQuiet()) {
      console().progress(text);
    }
  }

  /** For a person who did not ask for quiet. */
  final void inform(String line) {
    if (!kvctl().isQuiet()) {
      console().say("kvctl: " + line);
    }
  }
}
