package io.raftkv.raft.node;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.StateDiffersException;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.StateSample;
import io.raftkv.raft.core.Quorum;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds replicas that differ while they run. The leader says with its heartbeats what its state
 * hashed to after some entry; whoever has applied that entry answers what its own did. Since the
 * hash is chained over everything applied, states that parted never agree again: one sample at a
 * time is enough, and a later one covers the earlier.
 *
 * <p>A quorum decides who is wrong. A follower that differs where a quorum agrees with the leader,
 * and a leader where a quorum agrees on something else, stops. Where too few have answered to tell,
 * {@link #isInDoubt} says so, and everybody goes on.
 *
 * <p>Costs nothing between samples. Confined to the core lane.
 */
final class StateCheck {
  private final MemberId self;
  private final StateMachine stateMachine;
  private final long periodNanos;

  // Leading.
  private long term;
  private StateSample asked = StateSample.NONE;
  private long askedNanos;
  private final TreeMap<MemberId, Long> answers = new TreeMap<>();

  // Following: the leader's latest sample, and ours at that index once we have applied it.
  private StateSample expected = StateSample.NONE;
  private StateSample own = StateSample.NONE;

  private long agreedIndex;
  private boolean isInDoubt;

  /**
   * @param periodNanos how often the leader takes a new sample
   */
  StateCheck(MemberId self, StateMachine stateMachine, long periodNanos) {
    this.self = self;
    this.stateMachine = stateMachine;
    this.periodNanos = periodNanos;
  }

  /** Up to this entry our state was found to be the leader's, or, leading, that of a quorum. */
  long agreedIndex() {
    return agreedIndex;
  }

  /** Whether some replica differs and too few have answered to tell which one is wrong. */
  boolean isInDoubt() {
    return isInDoubt;
  }

  // --- leading -----------------------------------------------------------------------------------

  /** Takes a new sample if it is time. */
  void lead(long leadingTerm, long nowNanos) {
    if (term != leadingTerm) {
      term = leadingTerm;
      asked = StateSample.NONE;
      isInDoubt = false;
    } else if (!asked.isNone() && nowNanos - askedNanos < periodNanos) {
      return;
    }
    long index = stateMachine.appliedIndex();
    OptionalLong hash = stateMachine.stateHashAt(index);
    if (index > asked.index() && hash.isPresent()) {
      asked = new StateSample(index, hash.getAsLong());
      askedNanos = nowNanos;
      answers.clear();
    }
  }

  /**
   * A follower answers.
   *
   * @throws StateDiffersException if a quorum agrees on a state that is not ours
   */
  void answered(Message.HeartbeatResponse m, Configuration configuration) {
    if (m.term() != term || asked.isNone() || m.state().index() != asked.index()) {
      return;
    }
    answers.put(m.from(), m.state().hash());
    TreeSet<Long> others = new TreeSet<>(answers.values());
    others.remove(asked.hash());
    for (long other : others) {
      if (Quorum.isQuorum(configuration, id -> isAnswer(id, other))) {
        throw new StateDiffersException(asked.index(), asked.hash());
      }
    }
    if (Quorum.isQuorum(configuration, id -> id.equals(self) || isAnswer(id, asked.hash()))) {
      agreedIndex = asked.index();
    }
    isInDoubt = !others.isEmpty() && agreedIndex < asked.index();
  }

  private boolean isAnswer(MemberId id, long hash) {
    Long answer = answers.get(id);
    return answer != null && answer == hash;
  }

  // --- following ---------------------------------------------------------------------------------

  /**
   * The leader says what its state hashed to.
   *
   * @throws StateDiffersException if a quorum agrees with it, and ours differs
   */
  void heard(Message.HeartbeatRequest m) {
    StateSample sample = m.state();
    if (sample.isNone()) {
      return;
    }
    expected = sample;
    if (own.index() != sample.index() && stateMachine.appliedIndex() >= sample.index()) {
      OptionalLong hash = stateMachine.stateHashAt(sample.index());
      own =
          hash.isPresent()
              ? new StateSample(sample.index(), hash.getAsLong())
              // Too long ago, or replaced by a snapshot. There will be another sample.
              : StateSample.NONE;
    }
    if (own.index() != sample.index()) {
      return;
    }
    boolean isSame = own.hash() == sample.hash();
    if (!isSame && m.agreedIndex() >= sample.index()) {
      throw new StateDiffersException(own.index(), own.hash());
    }
    if (isSame) {
      agreedIndex = sample.index();
    }
    isInDoubt = !isSame;
  }

  // --- what leaves -------------------------------------------------------------------------------

  /** The same messages, with what is to be said of the state. */
  List<Message> stamped(List<Message> messages) {
    List<Message> stamped = messages;
    for (int i = 0; i < messages.size(); i++) {
      Message message = messages.get(i);
      Message with = stamped(message);
      if (with != message) {
        if (stamped == messages) {
          stamped = new ArrayList<>(messages);
        }
        stamped.set(i, with);
      }
    }
    return stamped;
  }

  private Message stamped(Message message) {
    if (message instanceof Message.HeartbeatRequest m
        && m.term() == term
        && !asked.isNone()
        && !isAnswer(m.to(), asked.hash())) {
      return m.with(asked, agreedIndex);
    }
    if (message instanceof Message.HeartbeatResponse m
        && !own.isNone()
        && own.index() == expected.index()) {
      return m.with(own);
    }
    return message;
  }
}
