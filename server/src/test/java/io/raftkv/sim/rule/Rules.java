package io.raftkv.sim.rule;

import java.util.ArrayList;
import java.util.List;

/** All rules, in the order in which they are asked. */
public final class Rules {
  private Rules() {}

  public static List<Rule> of(Verdict verdict, Truth truth, List<? extends Observed> nodes) {
    List<Rule> rules = new ArrayList<>();
    rules.add(new OneLeaderPerTerm(verdict));
    rules.add(new OneVotePerTerm(verdict));
    rules.add(new DurableBeforeReply(verdict));
    rules.add(new CommitOnQuorum(verdict, truth, nodes));
    rules.add(new CommitOfOwnTerm(verdict, truth));
    rules.add(new LeaderAppendOnly(verdict));
    rules.add(new LogMatching(verdict));
    rules.add(new AnsweredRounds(verdict, nodes.size()));
    rules.add(new ConfirmedReads(verdict, nodes.size()));
    rules.add(new ReadNumbers(verdict));
    rules.add(new ClusterTime(verdict, truth));
    rules.add(new LeaderCompleteness(verdict, truth, nodes.size()));
    rules.add(new StateMachineSafety(verdict, truth));
    rules.add(new Monotone(verdict));
    rules.add(new ChangesOfMembers(verdict, nodes));
    rules.add(new Bounds(verdict, truth));
    rules.add(new OneSnapshotAtATime(verdict, nodes.size()));
    return List.copyOf(rules);
  }
}
