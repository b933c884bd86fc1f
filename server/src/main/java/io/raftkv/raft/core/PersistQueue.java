package io.raftkv.raft.core;

import io.raftkv.raft.HardState;
import io.raftkv.raft.Invariant;
import java.util.ArrayDeque;

/**
 * What this member's own disk is known to hold. Each ticket in flight vouches for the log up to its
 * last index and for a hard state; when it is done, that much is durable.
 *
 * <p>A truncation at i lowers every ticket in flight to i - 1: what it wrote from i on is about to
 * be overwritten, and must not be taken for the entries that replace it.
 */
final class PersistQueue {
  private static final int TICKETS_MAX = 10_000;

  private static final class InFlight {
    final long ticket;
    final HardState hardState;

    final long bytes;

    /** The log up to here is durable once the ticket is done. */
    long vouchedIndex;

    InFlight(long ticket, HardState hardState, long bytes, long vouchedIndex) {
      this.ticket = ticket;
      this.hardState = hardState;
      this.bytes = bytes;
      this.vouchedIndex = vouchedIndex;
    }
  }

  private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
  private long lastTicket;
  private long doneTicket;

  /** The first ticket that is done only after the last reset. */
  private long resetTicket;

  private long inFlightBytes;
  private long durableIndex;
  private HardState durableHardState;

  PersistQueue(long durableIndex, HardState durableHardState) {
    this.durableIndex = durableIndex;
    this.durableHardState = durableHardState;
  }

  /** The log up to here survives a power cut. */
  long durableIndex() {
    return durableIndex;
  }

  HardState durableHardState() {
    return durableHardState;
  }

  boolean isIdle() {
    return inFlight.isEmpty();
  }

  /** What was read from the disk is durable. */
  void loaded(long index) {
    durableIndex = Math.max(durableIndex, index);
  }

  /**
   * Whether the log on the disk, too, starts where the last {@link #reset} made it start. Until
   * then the log's end on the disk may be before {@link #durableIndex}, with the snapshot it was
   * reset to in between: no other snapshot can stand in for that one.
   */
  boolean isResetDurable() {
    return doneTicket >= resetTicket;
  }

  /** Bytes of entries that are not known to be durable yet. */
  long inFlightBytes() {
    return inFlightBytes;
  }

  /** Whether the disk is so far behind that no more should be given to it. */
  boolean isFull(long bytesMax) {
    return inFlight.size() >= TICKETS_MAX || inFlightBytes >= bytesMax;
  }

  /**
   * @param bytes of the entries
   */
  long begin(long lastIndex, HardState hardState, long bytes) {
    inFlight.addLast(new InFlight(++lastTicket, hardState, bytes, lastIndex));
    inFlightBytes += bytes;
    return lastTicket;
  }

  void done(long ticket) {
    Invariant.check(ticket <= lastTicket, "ticket %d done, %d given", ticket, lastTicket);
    doneTicket = Math.max(doneTicket, ticket);
    for (InFlight first = inFlight.peekFirst();
        first != null && first.ticket <= ticket;
        first = inFlight.peekFirst()) {
      durableIndex = Math.max(durableIndex, first.vouchedIndex);
      durableHardState = first.hardState;
      inFlightBytes -= first.bytes;
      inFlight.removeFirst();
    }
  }

  void truncatedFrom(long index) {
    durableIndex = Math.min(durableIndex, index - 1);
    for (InFlight ticket : inFlight) {
      ticket.vouchedIndex = Math.min(ticket.vouchedIndex, index - 1);
    }
  }

  /** The log now starts after {@code index}, up to which a durable snapshot stands in for it. */
  void reset(long index) {
    durableIndex = index;
    resetTicket = lastTicket + 1;
    for (InFlight ticket : inFlight) {
      ticket.vouchedIndex = index;
    }
  }
}
