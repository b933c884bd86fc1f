package io.raftkv.sim.rule;

import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has been committed, as nobody in the world knows it: the longest prefix that any member has
 * shown to be committed, and what a state machine of its own makes of it, one entry at a time.
 */
public final class Truth {
  private final KvStateMachine reference = new KvStateMachine(KvLimits.DEFAULT);
  private LogEntry[] committed = new LogEntry[1024];
  private long[] stateHashes = new long[1024];
  private long[] terms = new long[1024];
  private LogEntry[] byRevision = new LogEntry[1024];
  private long commitIndex;
  private Configuration configuration = Configuration.EMPTY;

  public long commitIndex() {
    return commitIndex;
  }

  /** The latest one that is committed. */
  public Configuration configuration() {
    return configuration;
  }

  public LogEntry entry(long index) {
    return committed[(int) index];
  }

  /** The state hash of every member that has applied exactly this much. */
  public long stateHash(long index) {
    return stateHashes[(int) index];
  }

  /** By which keys expire. */
  long clusterTimeMillis() {
    return reference.view().clusterTimeMillis();
  }

  public long revision() {
    return reference.view().revision();
  }

  /**
   * The last index that was certainly committed before this term began: somebody in an earlier one
   * knew it to be. Later ones may have been committed while a leader of this term was still being
   * elected.
   */
  long committedBefore(long term) {
    long index = commitIndex;
    while (index > 0 && terms[(int) index] >= term) {
      index--;
    }
    return index;
  }

  /** The command that made this revision of the store. */
  public @Nullable LogEntry byRevision(long revision) {
    return revision > 0 && revision < byRevision.length ? byRevision[(int) revision] : null;
  }

  /**
   * @param term of the member that knows it to be committed
   */
  void commit(LogEntry entry, long term) {
    int index = (int) ++commitIndex;
    if (index == committed.length) {
      committed = Arrays.copyOf(committed, 2 * index);
      stateHashes = Arrays.copyOf(stateHashes, 2 * index);
      terms = Arrays.copyOf(terms, 2 * index);
    }
    committed[index] = entry;
    if (entry.kind() == LogEntry.Kind.CONFIGURATION) {
      configuration = Configuration.decode(entry.data());
    }
    terms[index] = term;
    long before = revision();
    reference.apply(List.of(entry));
    stateHashes[index] = reference.stateHash();
    if (revision() != before) {
      int revision = (int) revision();
      if (revision >= byRevision.length) {
        byRevision = Arrays.copyOf(byRevision, 2 * revision);
      }
      byRevision[revision] = entry;
    }
  }
}
