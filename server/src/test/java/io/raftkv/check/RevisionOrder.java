package io.raftkv.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides most histories of one key in O(n log n): the revisions that the store itself told are an
 * order, and it only remains to see whether the order explains every answer and agrees with real
 * time. Stricter than linearizability: it also finds revisions that lie.
 *
 * <p>A write stands at its revision, everything else just after the revision that its answer shows.
 * A refused condition may show only which value it found: it stands as early as it can, since
 * nothing is gained by a later place.
 */
final class RevisionOrder {
  enum Verdict {
    LINEARIZABLE,
    VIOLATION,
    /** A write of unknown outcome left a trace that does not tell its revision. */
    UNDECIDED
  }

  /**
   * @param operation null: some put of unknown outcome, of which only the revision was seen
   */
  private record Placed(@Nullable Operation operation, long place) {}

  /** Not known before real time is looked at. */
  private static final long TO_BE_FOUND = -1;

  /** Stands for a value that nobody read. */
  private static final String UNSEEN = "a value that nobody read";

  private final List<Operation> operations;
  private final List<Placed> placed = new ArrayList<>();
  private final List<Operation> unknownDeletes = new ArrayList<>();
  private final List<Operation> unknownPuts = new ArrayList<>();
  private final List<Placed> seenRevisions = new ArrayList<>();
  private final Map<Operation, Long> unknownPutRevisions = new HashMap<>();
  private String reason = "";

  /**
   * @param operations of one key, by invocation
   */
  RevisionOrder(List<Operation> operations) {
    this.operations = operations;
  }

  String reason() {
    return reason;
  }

  Verdict decide() {
    for (Operation operation : operations) {
      if (operation.outcome == Operation.Outcome.OK
          && operation.revision == Operation.NO_REVISION
          && !isRefusedBy(operation)) {
        return Verdict.UNDECIDED;
      }
    }
    if (!resolveReads() || !place() || !agreesWithRealTime()) {
      return Verdict.VIOLATION;
    }
    return explainsAnswers();
  }

  /** A condition that failed because of a value that is named. */
  private static boolean isRefusedBy(Operation operation) {
    return operation.kind == Operation.Kind.PUT_IF
        && !operation.isEffective
        && operation.modRevision > 0;
  }

  /** Finds who wrote what was read, and with it the revisions of writes of unknown outcome. */
  private boolean resolveReads() {
    Map<String, Operation> writers = new HashMap<>();
    for (Operation operation : operations) {
      if (operation.isPut() && writers.put(operation.value, operation) != null) {
        return violation("two puts of one value: the history cannot be checked", operation);
      }
    }
    for (Operation get : operations) {
      if (get.kind != Operation.Kind.GET || !get.isEffective) {
        continue;
      }
      Operation writer = writers.get(get.readValue);
      if (writer == null) {
        return violation("read a value that nobody wrote, or that was refused", get);
      }
      if (get.modRevision > get.revision) {
        return violation("read something newer than the revision it shows", get);
      }
      long revision = get.modRevision;
      if (writer.outcome == Operation.Outcome.OK) {
        if (!writer.isEffective) {
          return violation("read what a failed condition should have kept from being written", get);
        }
        if (writer.revision != revision) {
          return violation("read a value at another revision than it was written at", get);
        }
      } else {
        Long other = unknownPutRevisions.put(writer, revision);
        if (other != null && other != revision) {
          return violation("one put was seen at two revisions: applied twice", get);
        }
      }
    }
    return true;
  }

  private boolean place() {
    Set<Long> writeRevisions = new HashSet<>();
    for (Operation operation : operations) {
      long write = Operation.NO_REVISION;
      if (operation.isWrite()) {
        write = operation.revision;
      } else if (unknownPutRevisions.containsKey(operation)) {
        write = unknownPutRevisions.get(operation);
      }
      if (write != Operation.NO_REVISION) {
        if (!writeRevisions.add(write)) {
          return violation("two writes at one revision", operation);
        }
        placed.add(new Placed(operation, 2 * write));
      } else if (operation.outcome == Operation.Outcome.OK
          && operation.revision == Operation.NO_REVISION) {
        placed.add(new Placed(operation, TO_BE_FOUND));
      } else if (operation.outcome == Operation.Outcome.OK) {
        placed.add(new Placed(operation, 2 * operation.revision + 1));
      } else if (operation.kind == Operation.Kind.DELETE) {
        unknownDeletes.add(operation);
      } else {
        unknownPuts.add(operation);
      }
    }
    for (Operation operation : operations) {
      if (operation.kind == Operation.Kind.PUT_IF && operation.outcome == Operation.Outcome.OK) {
        long seen = operation.isEffective ? operation.expectedRevision : operation.modRevision;
        if (seen > 0 && writeRevisions.add(seen)) {
          seenRevisions.add(new Placed(null, 2 * seen));
        }
      }
    }
    return true;
  }

  /** What was answered before another one was asked stands before it. {@code placed} is by time. */
  private boolean agreesWithRealTime() {
    PriorityQueue<Placed> byResponse =
        new PriorityQueue<>(Comparator.comparingLong(p -> p.operation.responseNanos));
    long latest = Long.MIN_VALUE;
    for (int i = 0; i < placed.size(); i++) {
      Placed asked = placed.get(i);
      while (!byResponse.isEmpty()
          && byResponse.peek().operation.responseNanos < asked.operation.invokeNanos) {
        latest = Math.max(latest, byResponse.remove().place);
      }
      if (asked.place == TO_BE_FOUND) {
        // After what it found, and after what was answered before; odd, as all that writes nothing.
        long place = Math.max(2 * asked.operation.modRevision, latest) | 1;
        asked = new Placed(asked.operation, place);
        placed.set(i, asked);
      }
      byResponse.add(asked);
      if (latest > asked.place) {
        return violation(
            "shows revision " + asked.place / 2 + ", but " + latest / 2 + " was answered before it",
            asked.operation);
      }
    }
    return true;
  }

  private Verdict explainsAnswers() {
    List<Placed> order = new ArrayList<>(placed);
    order.addAll(seenRevisions);
    order.sort(Comparator.comparingLong(Placed::place));
    long[] earliestResponse = new long[order.size() + 1];
    earliestResponse[order.size()] = Operation.NEVER;
    for (int i = order.size() - 1; i >= 0; i--) {
      Operation operation = order.get(i).operation;
      earliestResponse[i] =
          operation == null
              ? earliestResponse[i + 1]
              : Math.min(earliestResponse[i + 1], operation.responseNanos);
    }
    String value = null;
    long revision = 0;
    int deletesUsed = 0;
    for (int i = 0; i < order.size(); i++) {
      Operation operation = order.get(i).operation;
      if (operation == null) {
        if (!takeUnknownPut(revision, earliestResponse[i])) {
          return Verdict.UNDECIDED;
        }
        value = UNSEEN;
        revision = order.get(i).place / 2;
        continue;
      }
      boolean mustBeAbsent =
          switch (operation.kind) {
            case GET, DELETE -> !operation.isEffective;
            case PUT -> false;
            case PUT_IF ->
                order.get(i).place % 2 == 0
                    ? operation.expectedRevision == 0
                    : operation.modRevision == 0;
          };
      if (mustBeAbsent && value != null) {
        // Only a delete of unknown outcome can have done that. The one that was asked first fits
        // wherever a later one does.
        if (deletesUsed == unknownDeletes.size()
            || unknownDeletes.get(deletesUsed).invokeNanos > earliestResponse[i]) {
          violation("absent, though nothing removed " + value + "@" + revision, operation);
          return Verdict.VIOLATION;
        }
        deletesUsed++;
        value = null;
        revision = 0;
      }
      boolean isWrite = order.get(i).place % 2 == 0;
      switch (operation.kind) {
        case GET -> {
          if (operation.isEffective && !operation.readValue.equals(value)) {
            violation("read a value that was not the latest, " + value + "@" + revision, operation);
            return Verdict.VIOLATION;
          }
        }
        case PUT_IF -> {
          if (isWrite && operation.expectedRevision != revision) {
            return Verdict.UNDECIDED;
          }
          if (!isWrite && operation.modRevision == operation.expectedRevision) {
            violation("refused a condition that held by its own account", operation);
            return Verdict.VIOLATION;
          }
          if (!isWrite && operation.modRevision != revision) {
            return Verdict.UNDECIDED;
          }
        }
        case DELETE -> {
          if (isWrite && value == null && !takeUnknownPut(0, earliestResponse[i])) {
            return Verdict.UNDECIDED;
          }
        }
        case PUT -> {}
      }
      if (isWrite) {
        value = operation.kind == Operation.Kind.DELETE ? null : operation.value;
        revision = operation.kind == Operation.Kind.DELETE ? 0 : order.get(i).place / 2;
      }
    }
    return Verdict.LINEARIZABLE;
  }

  /**
   * Some put of unknown outcome took effect here, where the key had this revision. Takes the one
   * that was asked first; that need not be the one, so whoever finds none has decided nothing.
   */
  private boolean takeUnknownPut(long revision, long earliestResponse) {
    for (int i = 0; i < unknownPuts.size(); i++) {
      Operation put = unknownPuts.get(i);
      boolean fits =
          put.invokeNanos <= earliestResponse
              && (put.kind == Operation.Kind.PUT || put.expectedRevision == revision);
      if (fits) {
        unknownPuts.remove(i);
        return true;
      }
    }
    return false;
  }

  private boolean violation(String what, Operation operation) {
    reason = what + ": " + operation;
    return false;
  }
}
