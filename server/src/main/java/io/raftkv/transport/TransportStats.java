package io.raftkv.transport;

import io.raftkv.raft.Message;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counters of a transport since it was made. Reading is for any thread. */
public final class TransportStats {
  private static final int STREAMS = Message.Stream.values().length;

  private final AtomicLongArray sent = new AtomicLongArray(STREAMS);
  private final AtomicLongArray sentBytes = new AtomicLongArray(STREAMS);
  private final AtomicLongArray received = new AtomicLongArray(STREAMS);
  private final AtomicLongArray droppedFull = new AtomicLongArray(STREAMS);
  private final AtomicLongArray droppedUnconnected = new AtomicLongArray(STREAMS);
  private final LongAdder bufferedBytes = new LongAdder();
  private final LongAdder connects = new LongAdder();
  private final LongAdder breaks = new LongAdder();
  private final LongAdder refusedHandshakes = new LongAdder();
  private final LongAdder badMessages = new LongAdder();

  TransportStats() {}

  /** Messages handed to a stream's connection. */
  public long sent(Message.Stream stream) {
    return sent.get(stream.ordinal());
  }

  /** Their bytes, roughly: payloads and a constant each. */
  public long sentBytes(Message.Stream stream) {
    return sentBytes.get(stream.ordinal());
  }

  /** Messages that came in and were delivered. */
  public long received(Message.Stream stream) {
    return received.get(stream.ordinal());
  }

  /** Messages dropped because the peer took them too slowly. */
  public long droppedFull(Message.Stream stream) {
    return droppedFull.get(stream.ordinal());
  }

  /** Messages dropped because there was no stream to the peer, or it broke with them queued. */
  public long droppedUnconnected(Message.Stream stream) {
    return droppedUnconnected.get(stream.ordinal());
  }

  /** Bytes that wait in queues now, roughly. */
  public long bufferedBytes() {
    return bufferedBytes.sum();
  }

  /** Connections that this member dialled and whose handshake was good. */
  public long connects() {
    return connects.sum();
  }

  /** How many of them broke. */
  public long breaks() {
    return breaks.sum();
  }

  /** Streams refused, by this member or by the peer that it dialled, over who the other one is. */
  public long refusedHandshakes() {
    return refusedHandshakes.sum();
  }

  /** Messages that could not be decoded or were out of range. */
  public long badMessages() {
    return badMessages.sum();
  }

  void countSent(Message.Stream stream, long bytes) {
    sent.incrementAndGet(stream.ordinal());
    sentBytes.addAndGet(stream.ordinal(), bytes);
  }

  void countReceived(Message.Stream stream) {
    received.incrementAndGet(stream.ordinal());
  }

  void countDroppedFull(Message.Stream stream) {
    droppedFull.incrementAndGet(stream.ordinal());
  }

  void countDroppedUnconnected(Message.Stream stream) {
    droppedUnconnected.incrementAndGet(stream.ordinal());
  }

  void addBuffered(long bytes) {
    bufferedBytes.add(bytes);
  }

  void countConnect() {
    connects.increment();
  }

  void countBreak() {
    breaks.increment();
  }

  void countRefusedHandshake() {
    refusedHandshakes.increment();
  }

  void countBadMessage() {
    badMessages.increment();
  }
}
