package io.raftkv.sim.rule;

import io.raftkv.raft.Message;
import java.util.HashSet;
import java.util.Set;

/**
 * A member never asks for two reads under one number, not even in another life: the answer to the
 * one would be taken for that to the other (design law 7; etcd issue 20418).
 */
public final class ReadNumbers extends Rule {
  private record Number(int machine, long readId) {}

  private final Set<Number> used = new HashSet<>();

  public ReadNumbers(Verdict verdict) {
    super(verdict, "thesis 6.4, design law 7");
  }

  @Override
  public void sending(Observed node, Message message) {
    if (message instanceof Message.ReadIndexRequest request
        && !used.add(new Number(node.machine(), request.readId()))) {
      broken(node, "asks for a second read number %d", request.readId());
    }
  }
}
