package io.raftkv.sim.rule;

import io.raftkv.raft.LogEntry;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * If two logs have an entry of the same index and term, they are equal up to it (figure 3, 5.3).
 * Follows by induction if one index and term always stands for one content and one term before it,
 * which is what is looked at when entries reach a disk.
 */
public final class LogMatching extends Rule {
  private static final class Known {
    final LogEntry entry;
    final long previousTerm;
    final @Nullable Known next;

    Known(LogEntry entry, long previousTerm, @Nullable Known next) {
      this.entry = entry;
      this.previousTerm = previousTerm;
      this.next = next;
    }
  }

  /** By index; the list has one element per term seen there. */
  private @Nullable Known[] known = new Known[1024];

  public LogMatching(Verdict verdict) {
    super(verdict, "figure 3, 5.3");
  }

  @Override
  public void appending(Observed node, List<LogEntry> entries) {
    long previousTerm = node.log().live().termAt(node.log().live().lastIndex());
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      if (entry.term() < previousTerm) {
        broken(node, "%s follows an entry of term %d", entry, previousTerm);
      }
      check(node, entry, previousTerm);
      previousTerm = entry.term();
    }
  }

  private void check(Observed node, LogEntry entry, long previousTerm) {
    int index = (int) entry.index();
    if (index >= known.length) {
      known = Arrays.copyOf(known, 2 * index);
    }
    for (Known seen = known[index]; seen != null; seen = seen.next) {
      if (seen.entry.term() == entry.term()) {
        if (seen.entry != entry && !seen.entry.equals(entry)) {
          broken(node, "%s is not the entry that others have there", entry);
        }
        if (seen.previousTerm != previousTerm) {
          broken(
              node, "%s follows term %d here and %d there", entry, previousTerm, seen.previousTerm);
        }
        return;
      }
    }
    known[index] = new Known(entry, previousTerm, known[index]);
  }
}
