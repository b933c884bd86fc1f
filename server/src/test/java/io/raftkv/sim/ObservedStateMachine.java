package io.raftkv.sim;

import io.raftkv.raft.LogEntry;
import io.raftkv.raft.StateMachine;
import io.raftkv.sim.disk.Machine;
import io.raftkv.sim.engine.Trace;
import io.raftkv.sim.rule.Observed;
import io.raftkv.sim.rule.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalLong;

/** The production state machine, with the rules looking on. */
record ObservedStateMachine(
    StateMachine delegate, Observed node, Machine machine, List<Rule> rules, Trace trace)
    implements StateMachine {
  @Override
  public List<byte[]> apply(List<LogEntry> entries) {
    machine.mayEndHere();
    for (Rule rule : rules) {
      rule.applying(node, delegate.appliedIndex(), entries);
    }
    List<byte[]> results = delegate.apply(entries);
    applied();
    return results;
  }

  @Override
  public long appliedIndex() {
    return delegate.appliedIndex();
  }

  @Override
  public long clusterTimeMillis() {
    return delegate.clusterTimeMillis();
  }

  @Override
  public long stateHash() {
    return delegate.stateHash();
  }

  @Override
  public OptionalLong stateHashAt(long index) {
    return delegate.stateHashAt(index);
  }

  @Override
  public Frozen freeze() {
    rules.forEach(rule -> rule.freezing(node, delegate.appliedIndex()));
    return delegate.freeze();
  }

  @Override
  public void restore(InputStream in) throws IOException {
    machine.mayEndHere();
    delegate.restore(in);
    applied();
  }

  private void applied() {
    trace.event(42, delegate.appliedIndex(), delegate.stateHash());
    for (Rule rule : rules) {
      rule.applied(node, delegate.appliedIndex(), delegate.stateHash());
    }
  }
}
