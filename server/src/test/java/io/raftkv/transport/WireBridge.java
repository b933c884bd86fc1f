package io.raftkv.transport;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.raftkv.raft.Message;

/** Takes messages over the wire without a wire: encoded to bytes, and decoded from a copy. */
public final class WireBridge {
  private WireBridge() {}

  /** The message as its receiver would see it; shares nothing with the one that was sent. */
  public static Message carry(Message message) {
    MessageLite sent = Encoder.encode(message);
    try {
      MessageLite received = sent.getParserForType().parseFrom(sent.toByteArray());
      return new Decoder(message.from(), message.to()).decode(new Frame(received));
    } catch (InvalidProtocolBufferException | BadMessageException e) {
      throw new IllegalStateException("the wire does not carry " + message, e);
    }
  }
}
