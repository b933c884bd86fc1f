package io.raftkv.kv;

import java.nio.ByteBuffer;

/** Keys of 16 bytes for benchmarks, and an order in which to visit them. */
final class ScatteredKeys {
  /** How many: a power of two. */
  static final int COUNT = 1 << 18;

  private final byte[][] keys = new byte[COUNT][];
  private int at;

  ScatteredKeys() {
    for (int i = 0; i < COUNT; i++) {
      keys[i] =
          ByteBuffer.allocate(16)
              .putLong(0x7573_6572_2F00_0000L)
              .putLong(i * 0x9E37_79B9_7F4A_7C15L)
              .array();
    }
  }

  /** The next one; each comes once before one comes again. */
  byte[] next() {
    // Full period for every power of two (Hull and Dobell).
    at = (at * 1_664_525 + 1_013_904_223) & (COUNT - 1);
    return keys[at];
  }
}
