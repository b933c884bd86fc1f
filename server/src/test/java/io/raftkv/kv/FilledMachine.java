package io.raftkv.kv;

import io.raftkv.raft.LogEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** For benchmarks: a state machine that has all {@link ScatteredKeys}, with values of 256 bytes. */
final class FilledMachine {
  static final int VALUE_BYTES = 256;

  final KvStateMachine machine = new KvStateMachine(KvLimits.DEFAULT);
  private final ScatteredKeys keys = new ScatteredKeys();
  private long lastIndex;

  FilledMachine() {
    for (int i = 0; i < ScatteredKeys.COUNT; i++) {
      apply(put(null));
    }
  }

  void apply(byte[] command) {
    machine.apply(List.of(entry(command)));
  }

  /** The entry after the last one made. */
  LogEntry entry(byte[] command) {
    return new LogEntry(++lastIndex, 1, LogEntry.Kind.COMMAND, 1_000, command);
  }

  /** A put of the next key. */
  byte[] put(@Nullable RequestId requestId) {
    return Commands.put(
        Commands.wrap(keys.next()),
        Commands.wrap(new byte[VALUE_BYTES]),
        Commands.PutCondition.NONE,
        0,
        false,
        requestId);
  }

  /** Forgets all history, in as many commands as it takes. */
  void compact() {
    while (machine.view().compactedRevision() < machine.view().revision()) {
      apply(Commands.compact(Long.MAX_VALUE));
    }
  }
}
