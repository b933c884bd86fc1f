package io.raftkv.service;

import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.util.function.Consumer;

/** Puts a state into the form of a file that stands by itself. For any thread. */
public interface BackupFormat {
  /**
   * Makes the file; holds no more of it than a few parts at a time.
   *
   * @param file takes its bytes in parts of 256 KiB at most, and may keep them; what it throws ends
   *     this
   */
  void write(SnapshotMeta meta, StateMachine.Frozen state, Consumer<byte[]> file)
      throws IOException;
}
