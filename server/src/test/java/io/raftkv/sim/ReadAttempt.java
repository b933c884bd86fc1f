package io.raftkv.sim;

import io.raftkv.check.Operation;
import io.raftkv.kv.KeyVersion;
import io.raftkv.kv.KvView;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads some keys at one moment: what a range request does. */
final class ReadAttempt extends Attempt {
  /** What a client remembers of what it saw. */
  interface Seen {
    /**
     * @param modRevision 0: the key is absent
     */
    void seen(String key, long modRevision);
  }

  private final List<String> unrecorded;
  private final Seen seen;
  private final long committedBefore;

  /**
   * @param operations one for each key that the history holds
   * @param unrecorded further keys
   */
  ReadAttempt(
      World world,
      int client,
      SimProcess process,
      List<Operation> operations,
      List<String> unrecorded,
      Seen seen,
      Runnable over) {
    super(world, client, process, operations, over);
    this.unrecorded = unrecorded;
    this.seen = seen;
    committedBefore = world.truth.commitIndex();
  }

  @Override
  CompletableFuture<?> send() {
    return process.node().readBarrier();
  }

  @Override
  void succeeded(@Nullable Object answer, long now) {
    KvView view = process.store.view();
    world.acknowledgements.read(process.machine(), view.appliedIndex(), committedBefore);
    world.note("read", client, view.revision());
    for (Operation operation : operations) {
      Optional<KeyVersion> found = find(view, operation.key());
      if (found.isPresent()) {
        String value = new String(found.get().value(), StandardCharsets.UTF_8);
        long modRevision = found.get().modRevision();
        world.history.found(operation, value, modRevision, view.revision(), now);
      } else {
        world.history.absent(operation, view.revision(), now);
      }
      seen.seen(operation.key(), found.map(KeyVersion::modRevision).orElse(0L));
    }
    unrecorded.forEach(key -> find(view, key));
  }

  private Optional<KeyVersion> find(KvView view, String key) {
    Optional<KeyVersion> found = view.get(key.getBytes(StandardCharsets.UTF_8), 0);
    found.ifPresent(version -> world.acknowledgements.found(process.machine(), version));
    return found;
  }
}
