package io.raftkv.storage;

import java.nio.ByteBuffer;

/**
 * A file: bytes that are addressed by offset and durable after {@link #sync}. One thread writes,
 * any thread reads. Every failure is an {@link java.io.UncheckedIOException}.
 */
public interface Volume extends AutoCloseable {
  /**
   * Writes what remains of {@code data} and consumes it; beyond the end the volume grows. The
   * calling thread must never be interrupted: that would close the file.
   */
  void putData(long offset, ByteBuffer data);

  /** Reads exactly {@code length} bytes; fails if the volume ends before. */
  void getData(long offset, byte[] target, int from, int length);

  long length();

  /** Cuts the volume at {@code length}. */
  void truncate(long length);

  /** Makes contents and length durable. */
  void sync();

  @Override
  void close();
}
