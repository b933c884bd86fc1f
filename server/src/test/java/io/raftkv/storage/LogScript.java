package io.raftkv.storage;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.LogStore;
import io.raftkv.raft.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A random life of a log, and every state that it passes through, entry by entry. What is found
 * after a crash has to be one of them, and none before the latest sync that returned.
 */
final class LogScript {
  record State(HardState hardState, EntryId base, List<LogEntry> entries) {
    static State of(LogStore log) {
      return new State(log.hardState(), log.base(), LogStoreContract.all(log));
    }
  }

  private record Step(String name, Consumer<LogStore> operation, int statesAfter) {}

  private final List<Step> steps = new ArrayList<>();
  private final List<State> states = new ArrayList<>();
  private final MemoryLog model = new MemoryLog();

  /** Position in the states after the latest sync that returned. */
  private int synced;

  /** Position in the states that the operation under way can have reached. */
  private int reached;

  LogScript(Random random, int length, int dataBytesMax) {
    states.add(State.of(model));
    long term = 1;
    for (int i = 0; i < length; i++) {
      long last = model.lastIndex();
      long base = model.base().index();
      int kind = random.nextInt(20);
      if (kind < 8) {
        List<LogEntry> entries = new ArrayList<>();
        int count = 1 + random.nextInt(6);
        for (int j = 1; j <= count; j++) {
          entries.add(LogStoreContract.entry(last + j, term, random.nextInt(dataBytesMax)));
        }
        append(entries);
      } else if (kind < 15) {
        steps.add(new Step("sync", LogStore::sync, states.size() - 1));
      } else if (kind < 17) {
        term += random.nextInt(2);
        HardState hardState = new HardState(term, new MemberId(random.nextInt(4)));
        add("hard state", log -> log.saveHardState(hardState));
      } else if (kind < 18 && last > base) {
        term++;
        long from = Math.max(base + 1, last - random.nextInt(12));
        add("truncate from " + from, log -> log.truncateFrom(from));
      } else if (kind < 19 && last > base) {
        long to = base + 1 + random.nextInt((int) (last - base));
        EntryId id = new EntryId(to, model.read(to, to + 1, 1).get(0).term());
        add("compact to " + id, log -> log.compactTo(id));
      } else if (kind == 19 && random.nextInt(3) == 0) {
        EntryId id = new EntryId(last + random.nextInt(50), term);
        add("reset to " + id, log -> log.resetTo(id));
      }
    }
    steps.add(new Step("sync", LogStore::sync, states.size() - 1));
  }

  private void append(List<LogEntry> entries) {
    for (LogEntry entry : entries) {
      model.append(List.of(entry));
      states.add(State.of(model));
    }
    steps.add(new Step("append " + entries, log -> log.append(entries), states.size() - 1));
  }

  private void add(String name, Consumer<LogStore> operation) {
    operation.accept(model);
    states.add(State.of(model));
    steps.add(new Step(name, operation, states.size() - 1));
  }

  /** Forgets earlier runs. */
  void rewind() {
    synced = 0;
    reached = 0;
  }

  /** Runs to the end, or until something is thrown. */
  void run(LogStore log) {
    for (Step step : steps) {
      reached = step.statesAfter;
      step.operation.accept(log);
      if (step.name.equals("sync")) {
        synced = step.statesAfter;
      }
    }
  }

  State finalState() {
    return states.get(states.size() - 1);
  }

  /** Whether the state is one that the log went through, from the latest sync on. */
  boolean allows(State state) {
    return states.subList(synced, reached + 1).contains(state);
  }

  /** Whether the state is one that the log went through at any time. */
  boolean knows(State state) {
    return states.contains(state);
  }

  List<String> steps() {
    return steps.stream().map(Step::name).toList();
  }
}
