package io.raftkv.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What clients asked and what they were told. Thread-safe: clients of a real cluster record side by
 * side. Times come from one clock; an invocation is recorded before the request leaves, a response
 * after it came.
 *
 * <p>Every put must write a value that no other one writes.
 */
public final class History {
  private final List<Operation> operations = new ArrayList<>();

  public Operation get(int client, String key, long nowNanos) {
    return add(client, Operation.Kind.GET, key, null, Operation.NO_REVISION, nowNanos);
  }

  public Operation put(int client, String key, String value, long nowNanos) {
    return add(client, Operation.Kind.PUT, key, value, Operation.NO_REVISION, nowNanos);
  }

  /**
   * @param expectedRevision 0: if the key is absent
   */
  public Operation putIf(
      int client, String key, String value, long expectedRevision, long nowNanos) {
    return add(client, Operation.Kind.PUT_IF, key, value, expectedRevision, nowNanos);
  }

  public Operation delete(int client, String key, long nowNanos) {
    return add(client, Operation.Kind.DELETE, key, null, Operation.NO_REVISION, nowNanos);
  }

  /**
   * @param revision of the store, from the response's header; {@link Operation#NO_REVISION} if it
   *     is not known
   */
  public void found(Operation get, String value, long modRevision, long revision, long nowNanos) {
    answer(get, true, value, modRevision, revision, nowNanos);
  }

  public void absent(Operation get, long revision, long nowNanos) {
    answer(get, false, null, Operation.NO_REVISION, revision, nowNanos);
  }

  /** A put took effect, or a delete found something. */
  public void done(Operation write, long revision, long nowNanos) {
    answer(write, true, null, Operation.NO_REVISION, revision, nowNanos);
  }

  /** A delete found nothing. */
  public void nothingThere(Operation delete, long revision, long nowNanos) {
    answer(delete, false, null, Operation.NO_REVISION, revision, nowNanos);
  }

  /** A put-if was answered: the condition did not hold. */
  public void conditionFailed(Operation putIf, long modRevision, long revision, long nowNanos) {
    answer(putIf, false, null, modRevision, revision, nowNanos);
  }

  /** Answered: certainly not applied, now or later. */
  public synchronized void refused(Operation operation, long nowNanos) {
    operation.outcome = Operation.Outcome.REFUSED;
    operation.responseNanos = nowNanos;
  }

  /** Everything that may matter to the key, in order of invocation. */
  synchronized Map<String, List<Operation>> byKey() {
    Map<String, List<Operation>> keys = new LinkedHashMap<>();
    for (Operation operation : operations) {
      boolean isUseless =
          operation.outcome == Operation.Outcome.REFUSED
              || (operation.outcome == Operation.Outcome.UNKNOWN
                  && operation.kind == Operation.Kind.GET);
      if (!isUseless) {
        keys.computeIfAbsent(operation.key, key -> new ArrayList<>()).add(operation);
      }
    }
    for (List<Operation> list : keys.values()) {
      list.sort((a, b) -> Long.compare(a.invokeNanos, b.invokeNanos));
    }
    return keys;
  }

  public synchronized List<Operation> operations() {
    return List.copyOf(operations);
  }

  public synchronized long count(Operation.Outcome outcome) {
    return operations.stream().filter(operation -> operation.outcome == outcome).count();
  }

  private synchronized Operation add(
      int client,
      Operation.Kind kind,
      String key,
      @Nullable String value,
      long expectedRevision,
      long nowNanos) {
    Operation operation =
        new Operation(operations.size(), client, kind, key, value, expectedRevision, nowNanos);
    operations.add(operation);
    return operation;
  }

  private synchronized void answer(
      Operation operation,
      boolean isEffective,
      @Nullable String readValue,
      long modRevision,
      long revision,
      long nowNanos) {
    operation.outcome = Operation.Outcome.OK;
    operation.isEffective = isEffective;
    operation.readValue = readValue;
    operation.modRevision = modRevision;
    operation.revision = revision;
    operation.responseNanos = nowNanos;
  }
}
