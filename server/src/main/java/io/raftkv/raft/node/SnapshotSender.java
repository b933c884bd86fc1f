package io.raftkv.raft.node;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.Transport;
import io.raftkv.raft.core.SnapshotTransfer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One snapshot on its way to one follower: a chunk at a time, the next one when the last is
 * answered. The receiver says where to go on, which makes a transfer resumable. Confined to the
 * snapshot lane.
 */
final class SnapshotSender {
  static final int CHUNK_BYTES = 512 << 10;

  final SnapshotTransfer transfer;
  private final MemberId self;
  private final Transport transport;
  private final SnapshotStore.Source source;
  private long offset;

  /** Where what was sent last ends. */
  private long sentTo;

  private long sentAtNanos;
  private int retries;

  SnapshotSender(
      SnapshotTransfer transfer, MemberId self, Transport transport, SnapshotStore.Source source) {
    this.transfer = transfer;
    this.self = self;
    this.transport = transport;
    this.source = source;
  }

  void sendChunk(long nowNanos) {
    sentAtNanos = nowNanos;
    byte[] data = source.read(offset, CHUNK_BYTES);
    sentTo = offset + data.length;
    CRC32C crc = new CRC32C();
    crc.update(data);
    transport.send(
        List.of(
            new Message.SnapshotChunk(
                self,
                transfer.to(),
                transfer.term(),
                transfer.meta().last(),
                source.totalBytes(),
                offset,
                data,
                (int) crc.getValue())));
  }

  /** Returns whether all of it has arrived. */
  boolean answered(long nextOffset, long nowNanos) {
    if (nextOffset == source.totalBytes()) {
      return true;
    }
    if (nextOffset == offset || nextOffset > source.totalBytes()) {
      // It answers to another file of the same entry, or to an older copy of what came before: the
      // chunk that it wants is on its way. To send it again would double all that follows, with
      // every retry.
      return false;
    }
    retries = 0;
    offset = Math.max(0, nextOffset);
    sendChunk(nowNanos);
    return false;
  }

  /** Whether the receiver has been sent all of it, and so can judge the whole. */
  boolean isAllSent() {
    return sentTo == source.totalBytes();
  }

  /** Sends again what was not answered for this long. Returns false if that was tried too often. */
  boolean retryAfter(long nanos, int retriesMax, long nowNanos) {
    if (nowNanos - sentAtNanos < nanos) {
      return true;
    }
    if (++retries > retriesMax) {
      return false;
    }
    sendChunk(nowNanos);
    return true;
  }

  void close() {
    source.close();
  }
}
