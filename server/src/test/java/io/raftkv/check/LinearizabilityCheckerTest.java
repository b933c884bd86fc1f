package io.raftkv.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {
  private final History history = new History();

  @Test
  void readOfTheLatestWriteIsGood() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.found(history.get(2, "k", 20), "a", 1, 1, 30);

    assertGood();
  }

  @Test
  void staleReadIsFound() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.done(history.put(1, "k", "b", 20), 2, 30);
    history.found(history.get(2, "k", 40), "a", 1, 1, 50);

    assertBad();
  }

  @Test
  void readConcurrentWithAWriteMaySeeEither() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    Operation write = history.put(1, "k", "b", 20);
    history.found(history.get(2, "k", 21), "b", 2, 2, 22);
    history.done(write, 2, 40);
    assertGood();

    history.found(history.get(3, "k", 23), "a", 1, 1, 39);
    assertBad();
  }

  @Test
  void lostAcknowledgedWriteIsFound() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.absent(history.get(2, "k", 20), 1, 30);

    assertBad();
  }

  @Test
  void unknownWriteMayAppearLateOrNever() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.put(2, "k", "b", 20);
    history.found(history.get(3, "k", 30), "a", 1, 1, 40);
    assertGood();

    history.found(history.get(3, "k", 50), "b", 2, 2, 60);
    assertGood();

    history.found(history.get(3, "k", 70), "a", 1, 3, 80);
    assertBad();
  }

  /** All that was under way when every member lost power: each subset of it may have happened. */
  @Test
  void manyUnknownWritesAreNotTriedInEveryCombination() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    for (int i = 0; i < 40; i++) {
      history.put(2 + i, "k", "b" + i, 20);
    }
    history.found(history.get(1, "k", 30), "a", 1, 1, 40);

    assertGood();
  }

  @Test
  void unknownWriteDoesNotAppearBeforeItWasAsked() {
    history.found(history.get(3, "k", 0), "a", 1, 1, 10);
    history.put(2, "k", "a", 20);

    assertBad();
  }

  @Test
  void refusedWriteNeverAppears() {
    history.refused(history.put(1, "k", "a", 0), 10);
    history.found(history.get(2, "k", 20), "a", 1, 1, 30);

    assertBad();
  }

  @Test
  void unknownDeleteExplainsOneAbsence() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.delete(2, "k", 20);
    history.absent(history.get(3, "k", 30), 2, 40);
    assertGood();

    history.done(history.put(1, "k", "b", 50), 3, 60);
    history.absent(history.get(3, "k", 70), 4, 80);
    assertBad();
  }

  @Test
  void deleteThatFoundSomethingNeedsSomethingThere() {
    history.done(history.delete(1, "k", 0), 1, 10);
    assertBad();
  }

  @Test
  void deleteThatFoundAnUnknownWriteIsGood() {
    history.put(1, "k", "a", 0);
    history.done(history.delete(2, "k", 5), 2, 10);

    assertGood();
  }

  @Test
  void conditionHoldsOnlyAtItsRevision() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.done(history.putIf(1, "k", "b", 1, 20), 2, 30);
    history.conditionFailed(history.putIf(2, "k", "c", 1, 40), 2, 2, 50);
    assertGood();

    history.done(history.putIf(2, "k", "d", 1, 60), 3, 70);
    assertBad();
  }

  @Test
  void conditionThatFailedStandsWhereItFoundWhatItNames() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.conditionFailed(history.putIf(2, "k", "c", 7, 20), 1, Operation.NO_REVISION, 30);
    history.done(history.put(1, "k", "b", 40), 2, 50);
    assertGood();

    history.conditionFailed(history.putIf(2, "k", "d", 7, 60), 1, Operation.NO_REVISION, 70);
    assertBad();
  }

  /**
   * Chaos with five members, where all lost their power under load: a search tried the writes of
   * unknown outcome in so many orders that it gave up.
   */
  @Test
  void failedConditionsAmongManyUnknownWritesNeedNoSearch() {
    int clients = 12;
    long revision = 0;
    long now = 0;
    for (int i = 0; i < 2_000; i++) {
      int client = i % clients;
      now += 10;
      String value = "v" + i;
      switch (i % 5) {
        case 0 -> history.done(history.put(client, "k", value, now - 25), ++revision, now + 25);
        case 1 -> history.put(client, "k", value, now - 25);
        case 2 ->
            history.conditionFailed(
                history.putIf(client, "k", value, revision + 9, now - 25),
                revision,
                Operation.NO_REVISION,
                now + 25);
        case 3 -> history.putIf(client, "k", value, revision, now - 25);
        default ->
            history.found(
                history.get(client, "k", now - 25), "v" + (i - 4), revision, revision, now + 25);
      }
    }

    List<Operation> operations = history.byKey().get("k");
    assertThat(new RevisionOrder(operations).decide())
        .isEqualTo(RevisionOrder.Verdict.LINEARIZABLE);
  }

  @Test
  void onlyOneOfTwoCreatesSucceeds() {
    history.done(history.putIf(1, "k", "a", 0, 0), 1, 10);
    history.done(history.putIf(2, "k", "b", 0, 0), 2, 10);

    assertBad();
  }

  @Test
  void writeAppliedTwiceIsFound() {
    history.put(1, "k", "a", 0);
    history.found(history.get(2, "k", 10), "a", 1, 1, 20);
    history.done(history.put(3, "k", "b", 30), 2, 40);
    history.found(history.get(2, "k", 50), "a", 3, 3, 60);

    assertBad();
  }

  @Test
  void keysAreIndependent() {
    history.done(history.put(1, "k", "a", 0), 1, 10);
    history.absent(history.get(2, "l", 20), 1, 30);

    assertGood();
  }

  /** The search sees no revisions here, so this is about the search alone. */
  @Test
  void searchAgreesWithAStoreThatTakesOneRequestAtATime() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      History good = generate(random, false);
      assertThat(OrderSearch.search(good.byKey().values().iterator().next()))
          .as("seed %d", seed)
          .isEmpty();
      assertThat(LinearizabilityChecker.check(good)).as("seed %d", seed).isEmpty();
    }
  }

  @Test
  void bothMethodsFindReadsFromThePast() {
    int found = 0;
    int foundBySearch = 0;
    int damaged = 0;
    for (int seed = 0; seed < 300; seed++) {
      History bad = generate(new Random(seed), true);
      List<Operation> operations = bad.byKey().values().iterator().next();
      if (operations.stream().anyMatch(o -> o.client == 99)) {
        damaged++;
        found += LinearizabilityChecker.check(bad).isPresent() ? 1 : 0;
        foundBySearch += OrderSearch.search(operations).isPresent() ? 1 : 0;
      }
    }
    assertThat(damaged).isGreaterThan(200);
    assertThat(found).isEqualTo(damaged);
    assertThat(foundBySearch).isEqualTo(damaged);
  }

  /** Requests of five clients that overlap, each taken at a random instant in between. */
  private static History generate(Random random, boolean isDamaged) {
    History history = new History();
    String value = null;
    long revision = 0;
    long modRevision = 0;
    long[] freeAt = new long[5];
    String firstValue = null;
    long firstRevision = 0;
    long now = 0;
    for (int i = 0; i < 40; i++) {
      now += 1 + random.nextInt(10);
      int client = random.nextInt(5);
      // Taken at now; invoked before, answered after, and a client has one request at a time.
      long invoke = Math.max(freeAt[client] + 1, now - random.nextInt(30));
      if (invoke > now) {
        continue;
      }
      long response = now + random.nextInt(30);
      freeAt[client] = response;
      boolean isUnknown = random.nextInt(8) == 0;
      switch (random.nextInt(4)) {
        case 0 -> {
          Operation put = history.put(client, "k", "v" + i, invoke);
          if (isUnknown && random.nextBoolean()) {
            break;
          }
          value = "v" + i;
          modRevision = ++revision;
          if (!isUnknown) {
            history.done(put, revision, response);
          }
        }
        case 1 -> {
          long expected = random.nextBoolean() ? modRevision : modRevision + random.nextInt(3);
          Operation put = history.putIf(client, "k", "v" + i, expected, invoke);
          if (expected == modRevision) {
            value = "v" + i;
            modRevision = ++revision;
            if (!isUnknown) {
              history.done(put, revision, response);
            }
          } else if (!isUnknown) {
            // A server tells what stands there, but not always as of when.
            long told = random.nextBoolean() ? revision : Operation.NO_REVISION;
            history.conditionFailed(put, modRevision, told, response);
          }
        }
        case 2 -> {
          Operation delete = history.delete(client, "k", invoke);
          boolean isThere = value != null;
          if (isThere) {
            revision++;
            value = null;
            modRevision = 0;
          }
          if (!isUnknown) {
            if (isThere) {
              history.done(delete, revision, response);
            } else {
              history.nothingThere(delete, revision, response);
            }
          }
        }
        default -> {
          Operation get = history.get(client, "k", invoke);
          if (value == null) {
            history.absent(get, revision, response);
          } else {
            history.found(get, value, modRevision, revision, response);
          }
        }
      }
      // One of unknown outcome might be applied so late that the read is right after all.
      if (firstValue == null && value != null && !isUnknown && value.equals("v" + i)) {
        firstValue = value;
        firstRevision = modRevision;
      }
    }
    if (isDamaged && firstValue != null && !firstValue.equals(value)) {
      history.done(history.put(98, "k", "last", now + 100), revision + 1, now + 110);
      history.found(
          history.get(99, "k", now + 120), firstValue, firstRevision, firstRevision, now + 130);
    }
    return history;
  }

  private void assertGood() {
    assertThat(LinearizabilityChecker.check(history)).isEmpty();
    history.byKey().values().forEach(key -> assertThat(OrderSearch.search(key)).isEmpty());
  }

  private void assertBad() {
    assertThat(LinearizabilityChecker.check(history)).isPresent();
    assertThat(history.byKey().values().stream().filter(k -> OrderSearch.search(k).isPresent()))
        .isNotEmpty();
  }
}
