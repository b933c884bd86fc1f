package io.raftkv.server;

import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.kv.KvView;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.SnapshotFiles;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kvd snapshot verify} and {@code kvd snapshot dump}. */
@Command(
    name = "snapshot",
    description = "The snapshots of the stopped member.",
    synopsisSubcommandLabel = "COMMAND")
final class SnapshotCommand {
  @ParentCommand private StoppedMember member;

  @Command(description = "Reads every snapshot, checks it and the state in it.")
  int verify() throws StartException {
    try (DataDir dataDir = member.open();
        SnapshotFiles snapshots = dataDir.lookAtSnapshots()) {
      for (SnapshotMeta meta : snapshots.all()) {
        KvView view = read(snapshots, meta);
        member
            .out()
            .printf(
                "ok: snapshot at %s, revision %d, %d keys, state hash %016x%n",
                meta.last(), view.revision(), view.keys(), view.stateHash());
      }
      if (!snapshots.damaged().isEmpty()) {
        throw new StartException(ExitCode.DATA_DIR, String.join("; ", snapshots.damaged()));
      }
      if (snapshots.all().isEmpty()) {
        member.out().println("ok: no snapshots");
      }
      return ExitCode.OK.code();
    }
  }

  @Command(
      description = {
        "Writes the keys and values of a snapshot, an object of JSON a line, as kvctl scan does",
        "and kvctl import reads."
      })
  int dump(
      @Option(
              names = "--index",
              paramLabel = "INDEX",
              description = "Which snapshot. Default: the newest one.")
          Optional<Long> index)
      throws StartException {
    try (DataDir dataDir = member.open();
        SnapshotFiles snapshots = dataDir.lookAtSnapshots()) {
      KvView view = read(snapshots, chosen(snapshots, index));
      view.scan(
          KeyRange.all(),
          0,
          false,
          key -> {
            member.out().println(DumpLines.keyValue(key));
            return !member.out().checkError();
          });
      return ExitCode.OK.code();
    }
  }

  private static SnapshotMeta chosen(SnapshotFiles snapshots, Optional<Long> index)
      throws StartException {
    List<SnapshotMeta> all = snapshots.all();
    return all.stream()
        .filter(meta -> index.isEmpty() || meta.index() == index.get())
        .reduce((older, newer) -> newer)
        .orElseThrow(
            () -> {
              String there =
                  all.isEmpty()
                      ? "there is none"
                      : "there are " + all.stream().map(SnapshotMeta::index).toList();
              return new StartException(
                  ExitCode.DATA_DIR,
                  "no whole snapshot" + index.map(i -> " at " + i).orElse("") + ": " + there);
            });
  }

  private static KvView read(SnapshotFiles snapshots, SnapshotMeta meta) throws StartException {
    KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
    try (SnapshotStore.Source source = snapshots.open(meta.index())) {
      store.restore(source.stream());
    } catch (IOException e) {
      throw new StartException(
          ExitCode.DATA_DIR, "snapshot at " + meta.last() + ": " + e.getMessage(), e);
    }
    return store.view();
  }
}
