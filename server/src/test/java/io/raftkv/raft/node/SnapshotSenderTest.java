package io.raftkv.raft.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import io.raftkv.raft.Transport;
import io.raftkv.raft.core.SnapshotTransfer;
import io.raftkv.storage.MemorySnapshots;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SnapshotSenderTest {
  private final List<Message> sent = new ArrayList<>();
  private final Transport transport =
      new Transport() {
        @Override
        public void start(Listener listener) {}

        @Override
        public void send(List<Message> messages) {
          sent.addAll(messages);
        }

        @Override
        public void setMembers(Configuration configuration) {}

        @Override
        public Optional<String> clientAddress(MemberId member) {
          return Optional.empty();
        }

        @Override
        public void close() {}
      };

  private SnapshotSender sender() throws IOException {
    SnapshotMeta meta = new SnapshotMeta(new EntryId(5, 1), Configuration.EMPTY);
    MemorySnapshots store = new MemorySnapshots();
    try (SnapshotStore.Sink sink = store.create(meta)) {
      sink.stream().write(new byte[4 * SnapshotSender.CHUNK_BYTES]);
      sink.commit();
    }
    return new SnapshotSender(
        new SnapshotTransfer(new MemberId(2), 1, meta), new MemberId(1), transport, store.open(5));
  }

  @Test
  void chunkThatWasSentTwiceIsFollowedByOne() throws IOException {
    SnapshotSender sender = sender();
    sender.sendChunk(0);
    sender.retryAfter(10, 5, 20);

    sender.answered(SnapshotSender.CHUNK_BYTES, 30);
    sender.answered(SnapshotSender.CHUNK_BYTES, 31);

    // Otherwise every retry would double the transfer from there on.
    assertThat(sent).hasSize(3);
  }

  @Test
  void receiverThatLostWhatItHadIsSentItAgain() throws IOException {
    SnapshotSender sender = sender();
    sender.sendChunk(0);
    sender.answered(SnapshotSender.CHUNK_BYTES, 1);

    sender.answered(0, 2);

    assertThat(((Message.SnapshotChunk) sent.get(2)).offset()).isZero();
  }

  @Test
  void answerToALargerFileOfTheSameEntryDoesNotEndTheTransfer() throws IOException {
    SnapshotSender sender = sender();
    sender.sendChunk(0);

    assertThat(sender.answered(1L << 40, 1)).isFalse();
    assertThat(sent).hasSize(1);
    assertThat(sender.isAllSent()).isFalse();
  }
}
