package io.raftkv.raft;

import java.nio.ByteBuffer;

/**
 * A configuration and where it stands.
 *
 * @param index of the entry that holds it
 */
public record Membership(long index, Configuration configuration) {
  public byte[] encode() {
    byte[] bytes = configuration.encode();
    return ByteBuffer.allocate(Long.BYTES + bytes.length).putLong(index).put(bytes).array();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if the bytes are something else
   */
  public static Membership decode(byte[] bytes) {
    if (bytes.length < Long.BYTES) {
      throw new IllegalArgumentException("members cut short");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long index = in.getLong();
    byte[] rest = new byte[in.remaining()];
    in.get(rest);
    return new Membership(index, Configuration.decode(rest));
  }
}
