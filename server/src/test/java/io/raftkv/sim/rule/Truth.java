package io.raftkv.sim.rule;

import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.kv.KvView;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.LogEntry;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  /** A key that is attached to a session that is not open; null: there is none. */
  private @Nullable String orphan;

  private long attachedKeysGone;

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

  /** How many keys went with their sessions. */
  public long attachedKeysGone() {
    return attachedKeysGone;
  }

  @Nullable String orphan() {
    return orphan;
  }

  private static @Nullable String findOrphan(KvView view) {
    Set<Long> open = new HashSet<>();
    view.sessions(0, Integer.MAX_VALUE).forEach(session -> open.add(session.id()));
    String[] found = new String[1];
    view.scan(
        KeyRange.all(),
        view.revision(),
        false,
        key -> {
          boolean isOrphan = key.sessionId() != 0 && !open.contains(key.sessionId());
          if (isOrphan) {
            found[0] = key + ", attached to session " + key.sessionId() + ", which is not open";
          }
          return !isOrphan;
        });
    return found[0];
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
    KvView viewBefore = reference.view();
    reference.apply(List.of(entry));
    if (reference.view().sessionCount() < viewBefore.sessionCount()) {
      attachedKeysGone += viewBefore.keys() - reference.view().keys();
      orphan = findOrphan(reference.view());
    }
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
