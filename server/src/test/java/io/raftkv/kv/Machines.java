package io.raftkv.kv;

import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.raft.LogEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A state machine with the log that feeds it. */
final class Machines {
  static final KvLimits SMALL = new KvLimits(6, 200, 3, 5, 500, 3, 4, 400, 600, 2);

  final KvStateMachine machine;
  final List<LogEntry> log = new ArrayList<>();
  long timeMillis = 1_000;

  Machines(KvLimits limits) {
    this.machine = new KvStateMachine(limits);
  }

  KvView view() {
    return machine.view();
  }

  /** Applies one command at the present time. */
  CommandResult run(byte[] command) {
    LogEntry entry = new LogEntry(log.size() + 1, 1, LogEntry.Kind.COMMAND, timeMillis, command);
    log.add(entry);
    return Commands.decodeResult(machine.apply(List.of(entry)).get(0));
  }

  static byte[] snapshot(KvStateMachine machine) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      machine.freeze().writeTo(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  static KvStateMachine restored(byte[] snapshot, KvLimits limits) throws IOException {
    KvStateMachine machine = new KvStateMachine(limits);
    machine.restore(new ByteArrayInputStream(snapshot));
    return machine;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static List<KeyVersion> all(KvView view, long atRevision) {
    List<KeyVersion> found = new ArrayList<>();
    view.scan(KeyRange.all(), atRevision, false, found::add);
    return found;
  }
}
