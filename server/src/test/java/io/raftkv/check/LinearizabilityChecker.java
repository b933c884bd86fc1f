package io.raftkv.check;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a history is linearizable (Herlihy and Wing 1990): whether each request can be given an
 * instant between its invocation and its response, such that a store that takes them one at a time
 * would have answered as it did. Requests of unknown outcome may have any later instant, or none.
 *
 * <p>Linearizability is local: a history is linearizable if each key's is. Keys that {@link
 * RevisionOrder} cannot decide are decided by {@link OrderSearch}.
 */
public final class LinearizabilityChecker {
  /** Why a history is not linearizable, with the requests to the key in question. */
  public record Violation(String key, String reason, List<Operation> operations) {
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("key ").append(key).append(": ").append(reason);
      for (Operation operation : operations) {
        text.append("\n  ").append(operation);
      }
      return text.toString();
    }
  }

  private LinearizabilityChecker() {}

  /** Empty if it is linearizable. */
  public static Optional<Violation> check(History history) {
    for (Map.Entry<String, List<Operation>> key : history.byKey().entrySet()) {
      Optional<String> reason = checkKey(key.getValue());
      if (reason.isPresent()) {
        return Optional.of(new Violation(key.getKey(), reason.get(), key.getValue()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> checkKey(List<Operation> operations) {
    RevisionOrder order = new RevisionOrder(operations);
    return switch (order.decide()) {
      case LINEARIZABLE -> Optional.empty();
      case VIOLATION -> Optional.of(order.reason());
      case UNDECIDED -> OrderSearch.search(operations);
    };
  }
}
