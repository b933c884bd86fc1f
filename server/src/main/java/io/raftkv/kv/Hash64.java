package io.raftkv.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A 64-bit hash, chained: the same on every JVM and machine. It finds replicas that differ by
 * accident; it is no defence against values chosen to collide. Each step is one-to-one in the hash
 * so far, so a difference, once in, does not fall out by itself.
 */
final class Hash64 {
  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Hash64() {}

  static long mix(long hash, long value) {
    return Long.rotateLeft(hash ^ (value * P1), 29) * P2 + P1;
  }

  static long mix(long hash, byte[] bytes) {
    long mixed = mix(hash, bytes.length);
    int at = 0;
    for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
      mixed = mix(mixed, (long) LONGS.get(bytes, at));
    }
    if (at < bytes.length) {
      long tail = 0;
      for (int i = bytes.length - 1; i >= at; i--) {
        tail = tail << 8 | (bytes[i] & 0xFF);
      }
      mixed = mix(mixed, tail);
    }
    return mixed;
  }

  /** Spreads the last steps over all bits; one-to-one as well. */
  static long finish(long hash) {
    long mixed = (hash ^ (hash >>> 33)) * P2;
    mixed = (mixed ^ (mixed >>> 29)) * P1;
    return mixed ^ (mixed >>> 32);
  }
}
