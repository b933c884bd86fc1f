package io.raftkv.raft.core;

import io.raftkv.raft.RaftOptions;
import io.raftkv.raft.RandomSource;

/**
 * How long to wait before the next campaign. There are three waits, each drawn anew:
 *
 * <pre>
 *   SILENCE   1 to 2 election timeouts without a word of the leader (Raft paper 5.2)
 *   ASKING    no leader is there: 1 tick to a range that doubles with each pre-vote, from the
 *             reconnect delay to an election timeout, so that two candidates part. A pre-vote that
 *             comes too early changes nothing. Who promises its vote waits 1 to 2 reconnect delays
 *             from then on, once.
 *   ELECTION  votes were asked for: the candidate's disk, the network and the voters' disks need
 *             their time, and who asks again meanwhile throws a won election away. The candidate
 *             waits 1/4 to 1/2 election timeout, doubling with each election that comes to nothing;
 *             who has voted for it, 1 to 2 election timeouts.
 *
 *   start, leader is gone ──> ASKING ──pre-vote──> ASKING, longer ──vote──> ELECTION ──> ASKING
 *   leader heard ──> SILENCE ──pre-vote──> ASKING
 * </pre>
 *
 * <p>At most one campaign a turn: ticks that come together are those of a pause, and the answers of
 * that time may be on their way.
 */
final class ElectionTimer {
  private enum Wait {
    SILENCE,
    ASKING,
    ELECTION
  }

  private final RaftOptions options;
  private final RandomSource random;
  private Wait wait = Wait.ASKING;

  /** Pre-votes, and elections, since a leader was heard. */
  private int asked;

  private int elections;

  /** It has let somebody go first, since a leader was heard. */
  private boolean hasGivenWay;

  private int elapsed;
  private int timeout;
  private boolean isOverInThisTurn;

  ElectionTimer(RaftOptions options, RandomSource random) {
    this.options = options;
    this.random = random;
    leaderGone();
  }

  /** A leader is there: wait for its silence. */
  void leaderHeard() {
    elapsed = 0;
    if (wait != Wait.SILENCE) {
      restart();
    }
  }

  /** Nobody waits for a leader that may only be slow. */
  void leaderGone() {
    asked = 0;
    elections = 0;
    hasGivenWay = false;
    startAsking();
  }

  /** Starts over, as if the leader had been heard just now. */
  void restart() {
    asked = 0;
    elections = 0;
    hasGivenWay = false;
    draw(Wait.SILENCE, options.electionTicks(), options.electionTicks());
  }

  /** A pre-vote is under way: if it fails, the next one waits longer. */
  void asked() {
    asked++;
    startAsking();
  }

  /**
   * Somebody has our promise, and asks for votes as soon as it has heard of it: who asked for a
   * promise of its own in between could split them. Only once: who asks again and again may be able
   * to win nowhere.
   */
  void promised() {
    if (wait == Wait.ASKING && !hasGivenWay) {
      hasGivenWay = true;
      int ticks = options.reconnectTicksMax();
      timeout = Math.max(timeout, elapsed + ticks + 1 + random.nextInt(ticks));
    }
  }

  /** The election of whoever has our vote is under way. */
  void voted() {
    draw(Wait.ELECTION, options.electionTicks(), options.electionTicks());
  }

  /** Our own election is under way. */
  void campaigned() {
    int ticks = doubled(Math.max(1, options.electionTicks() / 4), elections);
    elections++;
    draw(Wait.ELECTION, ticks, ticks);
  }

  /**
   * Somebody misses the leader who could not win, as we could: do not let our own wait go by. That
   * of an election is not shortened.
   */
  void hasten() {
    if (wait != Wait.ELECTION) {
      timeout = Math.min(timeout, elapsed + 1 + random.nextInt(options.reconnectTicksMax()));
    }
  }

  private void startAsking() {
    draw(Wait.ASKING, 1, doubled(options.reconnectTicksMax(), asked));
  }

  /** At most an election timeout. */
  private int doubled(int ticks, int times) {
    return (int) Math.min((long) ticks << Math.min(times, 20), options.electionTicks());
  }

  private void draw(Wait wait, int ticksMin, int range) {
    this.wait = wait;
    elapsed = 0;
    timeout = ticksMin + random.nextInt(range);
  }

  /** One tick passes. Returns whether the wait is over. */
  boolean tick() {
    elapsed++;
    boolean isOver = elapsed >= timeout && !isOverInThisTurn;
    isOverInThisTurn |= isOver;
    return isOver;
  }

  /** What the core has decided leaves now. */
  void endTurn() {
    isOverInThisTurn = false;
  }
}
