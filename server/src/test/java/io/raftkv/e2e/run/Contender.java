package io.raftkv.e2e.run;

import io.raftkv.client.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A cluster of some store that is compared. Used by one thread. */
interface Contender extends AutoCloseable {
  /** As {@code kvctl bench --target} names it. */
  String target();

  List<Endpoint> endpoints();

  /** Starts all members, with the data that they have, and waits until they serve. */
  void start() throws IOException, InterruptedException;

  /** Reads a key, linearizably, once a member can; it has to be there. */
  void read(String key) throws IOException, InterruptedException;

  /** Kills the leader without warning. */
  void killLeader() throws IOException, InterruptedException;

  /** Saves a backup of everything to a file that is not there yet, with the store's own command. */
  default void save(Path file) throws IOException, InterruptedException {
    throw new UnsupportedOperationException(target() + " makes no backups");
  }

  /** Makes a folder, which is not there yet, of a backup, with the store's own command. */
  default void restore(Path file, Path dataDir) throws IOException, InterruptedException {
    throw new UnsupportedOperationException(target() + " makes no backups");
  }

  /** Ends all members; they may be started again. */
  void stop() throws InterruptedException;

  /** Ends all members for good. */
  @Override
  default void close() throws InterruptedException {
    stop();
  }
}
