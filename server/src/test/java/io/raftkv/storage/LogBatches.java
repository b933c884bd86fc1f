package io.raftkv.storage;

import java.nio.ByteBuffer;

/** Where the batches of a segment start, as far as it has records that follow each other. */
public final class LogBatches {
  private LogBatches() {}

  /**
   * Where the batch before the last one starts: what stands before that was durable when this batch
   * was written, and this batch when the last one was.
   *
   * @return 0 if there are not so many
   */
  public static int secondToLast(byte[] segment) {
    ByteBuffer in = ByteBuffer.wrap(segment);
    int secondToLast = 0;
    int last = 0;
    int at = 0;
    long sequence = -1;
    while (at + Records.RECORD_HEADER_BYTES <= segment.length && in.getInt(at + Records.TYPE) > 0) {
      boolean isNext = sequence < 0 || in.getLong(at + Records.SEQUENCE) == sequence + 1;
      int bodyBytes = in.getInt(at);
      if (!isNext || bodyBytes < 0 || bodyBytes > segment.length) {
        break;
      }
      sequence = in.getLong(at + Records.SEQUENCE);
      if (in.getLong(at + Records.BATCH) == sequence) {
        secondToLast = last;
        last = at;
      }
      at += Records.recordBytes(bodyBytes);
    }
    return secondToLast;
  }
}
