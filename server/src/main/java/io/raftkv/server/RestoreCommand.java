package io.raftkv.server;

import io.raftkv.kv.StateCopy;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.BackupFile;
import io.raftkv.storage.DataDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/**
 * {@code kvd restore}: makes the folder of a new cluster's only member from a backup.
 *
 * <p>It is another cluster than the one that was saved, which may still live: see {@link
 * RecoverCommand}. The folder appears when it is complete, so a crash leaves none.
 */
@Command(
    name = "restore",
    sortOptions = false,
    description = {
      "Makes the data directory of a new cluster of one member from a backup of kvctl backup save.",
      "The backup is verified to its end. Others join with --join."
    })
final class RestoreCommand implements Callable<Integer> {
  @ParentCommand private StoppedMember member;

  @Parameters(paramLabel = "BACKUP", description = "The file.")
  private Path backup = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "${env:KVD_NAME:-n1}",
      description = "Of the member. Default: KVD_NAME, else n1.")
  private String name = "";

  @Option(
      names = "--peer-listen",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:KVD_PEER_LISTEN:-127.0.0.1:7401}",
      description =
          "Where other members will connect. Default: KVD_PEER_LISTEN, else 127.0.0.1:7401.")
  private String peerListen = "";

  @Option(
      names = "--peer-advertise",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:KVD_PEER_ADVERTISE}",
      description = "How they reach it, if that differs.")
  private Optional<String> peerAdvertise = Optional.empty();

  @Override
  public Integer call() throws StartException {
    InitialCluster.checkedName(Setting.NAME.flag(), name);
    HostPort address = address();
    if (!Files.isRegularFile(backup)) {
      throw StartException.wrong(
          backup + (Files.exists(backup) ? " is not a file" : " does not exist"));
    }
    try (BackupFile file = open()) {
      restore(file, address);
      return ExitCode.OK.code();
    }
  }

  /** How other members reach it. */
  private HostPort address() throws StartException {
    if (peerAdvertise.isPresent()) {
      return HostPort.parse(Setting.PEER_ADVERTISE.flag(), peerAdvertise.get());
    }
    HostPort listen = HostPort.parse(Setting.PEER_LISTEN.flag(), peerListen);
    if (listen.resolve(Setting.PEER_LISTEN.flag()).getAddress().isAnyLocalAddress()) {
      throw StartException.wrong(
          Setting.PEER_ADVERTISE.flag()
              + " is needed: nobody can connect to "
              + listen
              + " from elsewhere");
    }
    return listen;
  }

  private BackupFile open() throws StartException {
    try {
      return BackupFile.open(backup)
          .orElseThrow(() -> StartException.wrong(backup + " is no backup of raftkv"));
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private StartException damaged(IOException e) {
    return new StartException(
        ExitCode.DATA_DIR,
        "backup " + backup + ": " + Failures.describe(e) + "; use another one, nothing was made",
        e);
  }

  private void restore(BackupFile file, HostPort address) throws StartException {
    long clusterId = LoneCluster.newId();
    MemberId id = InitialCluster.memberId(clusterId, name);
    Member self = new Member(id, name, address.toString(), true);
    LoneCluster cluster =
        new LoneCluster(
            Configuration.of(List.of(self)), file.meta().last(), file.meta().last().term());
    StateCopy.Copied[] copied = new StateCopy.Copied[1];
    try {
      DataDir.make(
          member.dataDir(),
          new Identity(clusterId, id),
          fresh ->
              cluster.fill(
                  fresh,
                  snapshot ->
                      copied[0] =
                          StateCopy.copy(file.stream(), snapshot, LoneCluster.NUMBERS_SKIPPED)));
    } catch (IOException e) {
      throw damaged(e);
    }
    report(file, copied[0], clusterId, cluster.term());
  }

  private void report(BackupFile file, StateCopy.Copied copied, long clusterId, long term) {
    say(
        "Restored %s: cluster %016x at entry %s, revision %d, %d keys, %d sessions",
        backup,
        file.clusterId(),
        file.meta().last(),
        copied.revision() - LoneCluster.NUMBERS_SKIPPED,
        copied.keys(),
        copied.sessions());
    say(
        "Into %s: %s is cluster %016x alone, from term %d on.",
        member.dataDir(), name, clusterId, term);
    say(
        "Revisions and ids of sessions go on %d further up, so that none that the saved cluster"
            + " gave after the backup is given again.",
        LoneCluster.NUMBERS_SKIPPED);
    say(
        "Start it with kvd --name %s --data-dir %s, without --initial-cluster; others join with an"
            + " empty data directory and --join.",
        name, member.dataDir());
  }

  private void say(String format, Object... values) {
    member.out().println(Lines.escape(String.format(format, values)));
  }
}
