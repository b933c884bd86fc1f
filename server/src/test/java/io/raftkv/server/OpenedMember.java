package io.raftkv.server;

import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.LostDataException;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;
import io.raftkv.raft.node.NodeClock;
import io.raftkv.raft.node.RaftNode;
import io.raftkv.raft.node.ThreadLanes;
import io.raftkv.storage.DamagedException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What the production code makes of the folder of a stopped member: it is opened as a start does,
 * and all that it holds is read. The folder is changed as a start changes it.
 *
 * @param refusal why it is not opened, in one line
 * @param isDamaged the refusal is one that a cluster repairs
 * @param memory what the member remembers, if it is opened
 */
public record OpenedMember(Optional<String> refusal, boolean isDamaged, Optional<Memory> memory) {
  private static final long READ_BYTES_MAX = 8 << 20;

  /**
   * Everything that counts for the cluster, and everything that clients see.
   *
   * @param entries checksums by index
   * @param stateHash after the last entry
   * @param contentHash of all keys, values and revisions after the last entry
   */
  public record Memory(
      HardState hardState,
      long lastIndex,
      Map<Long, Integer> entries,
      long stateHash,
      int contentHash) {

    /**
     * Whether each entry that this has is one that the other has too, and it has the ones before.
     */
    public boolean isPrefixOf(Memory other) {
      return lastIndex <= other.lastIndex
          && entries.entrySet().stream()
              .allMatch(entry -> entry.getValue().equals(other.entries.get(entry.getKey())));
    }
  }

  /** Opens, reads and closes. */
  public static OpenedMember open(Path dataDir, List<String> arguments) {
    try {
      ServerConfig config =
          ServerConfig.of(
              Settings.read(Flags.parse(arguments.toArray(String[]::new)).values(), Map.of()));
      try (Stores stores = Stores.open(config, StoresTest::unexpected)) {
        return new OpenedMember(Optional.empty(), false, Optional.of(remember(config, stores)));
      }
    } catch (StartException e) {
      return refused(e, e.damage().isPresent());
    } catch (DamagedException | LostDataException e) {
      return refused(e, true);
    } catch (RuntimeException e) {
      return refused(new RuntimeException(dataDir + ": " + e, e), false);
    }
  }

  private static OpenedMember refused(Exception cause, boolean isDamaged) {
    return new OpenedMember(Optional.of(Failures.describe(cause)), isDamaged, Optional.empty());
  }

  private static Memory remember(ServerConfig config, Stores stores) {
    KvStateMachine store = new KvStateMachine(KvLimits.DEFAULT);
    RaftNode node =
        new RaftNode(
            new RaftNode.Parts(
                stores.identity().memberId(),
                config.raftOptions(),
                config.tick(),
                stores.log(),
                stores.snapshots(),
                store,
                new NoTransport(),
                new ThreadLanes("opened-"),
                NodeClock.SYSTEM,
                bound -> 0,
                cause -> {
                  throw new IllegalStateException(cause);
                }));
    try {
      return read(stores.log(), store);
    } finally {
      node.close();
    }
  }

  private static Memory read(LogStore log, KvStateMachine store) {
    Map<Long, Integer> entries = new TreeMap<>();
    long next = log.base().index() + 1;
    while (next <= log.lastIndex()) {
      List<LogEntry> read = log.read(next, log.lastIndex() + 1, READ_BYTES_MAX);
      read.forEach(entry -> entries.put(entry.index(), checksum(entry)));
      store.apply(read.stream().filter(entry -> entry.index() > store.appliedIndex()).toList());
      next += read.size();
    }
    return new Memory(
        log.hardState(), log.lastIndex(), entries, store.stateHash(), contentHash(store));
  }

  private static int checksum(LogEntry entry) {
    CRC32C crc = new CRC32C();
    ByteBuffer head = ByteBuffer.allocate(28);
    head.putLong(entry.index()).putLong(entry.term()).putInt(entry.kind().code());
    crc.update(head.putLong(entry.clusterTimeMillis()).flip());
    crc.update(entry.data());
    return (int) crc.getValue();
  }

  private static int contentHash(KvStateMachine store) {
    CRC32C crc = new CRC32C();
    store
        .view()
        .scan(
            KeyRange.all(),
            0,
            false,
            key -> {
              crc.update(key.key());
              crc.update(key.value());
              ByteBuffer revisions = ByteBuffer.allocate(24);
              revisions.putLong(key.createRevision()).putLong(key.modRevision());
              crc.update(revisions.putLong(key.version()).flip());
              return true;
            });
    return (int) crc.getValue();
  }

  /** Nobody is there. */
  private static final class NoTransport implements Transport {
    @Override
    public void start(Listener listener) {}

    @Override
    public void send(List<Message> messages) {}

    @Override
    public void setMembers(Configuration configuration) {}

    @Override
    public Optional<String> clientAddress(MemberId member) {
      return Optional.empty();
    }

    @Override
    public void close() {}
  }
}
