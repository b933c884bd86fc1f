package io.raftkv.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Searches an order for the requests to one key: the algorithm of Wing and Gong (1993) with the
 * memory of Lowe (2017). A request of unknown outcome never has to be given a place, and gets one
 * only when no other request fits: each one more that might have happened would double the search.
 * The state is the put that wrote what stands there, or none.
 */
final class OrderSearch {
  private static final int ABSENT = -1;
  private static final int IMPOSSIBLE = -2;

  /** Give up rather than search for ever: a checker that does not end is of no use. */
  private static final long STEPS_MAX = 20_000_000;

  private final Operation[] operations;
  private final long[] putRevisions;

  // A circular list of the calls and returns that are still to be passed, by time. Entry 0 is its
  // head; entry 1 + i is the call of operation i, and 1 + n + i its return.
  private final int[] next;
  private final int[] previous;

  private OrderSearch(List<Operation> list) {
    operations = list.toArray(new Operation[0]);
    int n = operations.length;
    putRevisions = new long[n];
    Map<String, Integer> writers = new HashMap<>();
    for (int i = 0; i < n; i++) {
      putRevisions[i] = operations[i].isWrite() ? operations[i].revision : Operation.NO_REVISION;
      if (operations[i].isPut()) {
        writers.put(operations[i].value, i);
      }
    }
    for (Operation operation : operations) {
      Integer writer = writers.get(operation.readValue);
      if (writer != null && putRevisions[writer] == Operation.NO_REVISION) {
        putRevisions[writer] = operation.modRevision;
      }
    }
    next = new int[2 * n + 1];
    previous = new int[2 * n + 1];
    List<Integer> entries = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      entries.add(1 + i);
      if (isAnswered(i)) {
        entries.add(1 + n + i);
      }
    }
    // At one time calls come first: such requests count as concurrent.
    entries.sort(
        (a, b) ->
            timeOf(a) != timeOf(b) ? Long.compare(timeOf(a), timeOf(b)) : Integer.compare(a, b));
    int last = 0;
    for (int entry : entries) {
      next[last] = entry;
      previous[entry] = last;
      last = entry;
    }
    next[last] = 0;
    previous[0] = last;
  }

  /** Empty if there is an order; else why not. */
  static Optional<String> search(List<Operation> operations) {
    return new OrderSearch(operations).run();
  }

  private record Configuration(long[] linearized, int state) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Configuration that
          && state == that.state
          && Arrays.equals(linearized, that.linearized);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(linearized) + state;
    }
  }

  private Optional<String> run() {
    int n = operations.length;
    int open = 0;
    for (Operation operation : operations) {
      open += operation.outcome == Operation.Outcome.OK ? 1 : 0;
    }
    Set<Configuration> seen = new HashSet<>();
    long[] linearized = new long[(n + 63) / 64];
    int[] stack = new int[n];
    int[] states = new int[n];
    int depth = 0;
    int state = ABSENT;
    int entry = next[0];
    // Whether requests of unknown outcome are tried now; the others were, at this depth.
    boolean isLastResort = false;
    int deepest = -1;
    int stuckAt = -1;
    for (long steps = 0; open > 0; steps++) {
      if (steps > STEPS_MAX) {
        return Optional.of("gave up searching an order");
      }
      boolean isCall = entry != 0 && entry <= n;
      if (isCall) {
        int i = entry - 1;
        boolean isTried = isAnswered(i) != isLastResort;
        int after = isTried ? step(state, i) : IMPOSSIBLE;
        if (after != IMPOSSIBLE) {
          linearized[i >> 6] |= 1L << i;
          if (seen.add(new Configuration(linearized.clone(), after))) {
            stack[depth] = i;
            states[depth++] = state;
            state = after;
            open -= isAnswered(i) ? 1 : 0;
            lift(i);
            entry = next[0];
            isLastResort = false;
            continue;
          }
          linearized[i >> 6] &= ~(1L << i);
        }
        entry = next[entry];
        continue;
      }
      // A return whose call found no place, or the end of the list.
      if (!isLastResort) {
        isLastResort = true;
        entry = next[0];
        continue;
      }
      // Something before was wrong.
      if (depth > deepest) {
        deepest = depth;
        stuckAt = entry == 0 ? -1 : entry - 1 - n;
      }
      if (depth == 0) {
        return Optional.of(
            "no order explains the answers; the search got no further than "
                + (stuckAt < 0 ? "the end" : operations[stuckAt]));
      }
      int i = stack[--depth];
      state = states[depth];
      linearized[i >> 6] &= ~(1L << i);
      open += isAnswered(i) ? 1 : 0;
      unlift(i);
      entry = next[1 + i];
      isLastResort = !isAnswered(i);
    }
    return Optional.empty();
  }

  /** Whether it was answered, and so has to be given a place. */
  private boolean isAnswered(int i) {
    return operations[i].outcome == Operation.Outcome.OK;
  }

  private int step(int state, int i) {
    Operation operation = operations[i];
    if (isOlder(putRevisions[i], state)) {
      return IMPOSSIBLE;
    }
    boolean isKnown = operation.outcome == Operation.Outcome.OK;
    boolean isAbsent = state == ABSENT;
    return switch (operation.kind) {
      case GET -> {
        boolean fits =
            operation.isEffective
                ? !isAbsent
                    && operations[state].value.equals(operation.readValue)
                    && mayBe(putRevisions[state], operation.modRevision)
                : isAbsent;
        yield fits ? state : IMPOSSIBLE;
      }
      case PUT -> i;
      case PUT_IF -> {
        boolean mayHold =
            operation.expectedRevision == 0
                ? isAbsent
                : !isAbsent && mayBe(putRevisions[state], operation.expectedRevision);
        if (!isKnown || operation.isEffective) {
          yield mayHold ? i : IMPOSSIBLE;
        }
        boolean mayFail =
            operation.modRevision == 0
                ? isAbsent && operation.expectedRevision != 0
                : !isAbsent
                    && mayBe(putRevisions[state], operation.modRevision)
                    && operation.modRevision != operation.expectedRevision;
        yield mayFail ? state : IMPOSSIBLE;
      }
      case DELETE -> {
        if (!isKnown || operation.isEffective) {
          yield isAbsent ? IMPOSSIBLE : ABSENT;
        }
        yield isAbsent ? state : IMPOSSIBLE;
      }
    };
  }

  /** Revisions rise from write to write. */
  private boolean isOlder(long revision, int state) {
    return state != ABSENT
        && revision != Operation.NO_REVISION
        && putRevisions[state] != Operation.NO_REVISION
        && revision <= putRevisions[state];
  }

  private static boolean mayBe(long a, long b) {
    return a == b || a == Operation.NO_REVISION || b == Operation.NO_REVISION;
  }

  private long timeOf(int entry) {
    int n = operations.length;
    return entry <= n ? operations[entry - 1].invokeNanos : operations[entry - 1 - n].responseNanos;
  }

  private void lift(int i) {
    unlink(1 + i);
    if (isAnswered(i)) {
      unlink(1 + operations.length + i);
    }
  }

  private void unlift(int i) {
    if (isAnswered(i)) {
      relink(1 + operations.length + i);
    }
    relink(1 + i);
  }

  private void unlink(int entry) {
    next[previous[entry]] = next[entry];
    previous[next[entry]] = previous[entry];
  }

  private void relink(int entry) {
    next[previous[entry]] = entry;
    previous[next[entry]] = entry;
  }
}
