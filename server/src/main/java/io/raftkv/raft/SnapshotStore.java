package io.raftkv.raft;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Snapshots: each a file that names what it holds and carries its own checksums.
 *
 * <p>Making and receiving belong to one thread, the snapshot lane. {@link #latest} and {@link
 * #open} are for any thread. A snapshot that exists is durable and complete: files appear by
 * rename. Failures are {@link java.io.UncheckedIOException}s and concern that snapshot alone, never
 * the node.
 */
public interface SnapshotStore extends AutoCloseable {
  /** The newest complete snapshot. */
  Optional<SnapshotMeta> latest();

  /**
   * Whether the latest snapshot is of this member's own log, which was durable that far when it was
   * made; false if another member sent it, or that is not known.
   */
  default boolean isLatestOwn() {
    return false;
  }

  /** Starts a snapshot in a temporary file. */
  Sink create(SnapshotMeta meta);

  /**
   * Opens the snapshot that ends at this index. An open snapshot stays readable when newer ones
   * replace it.
   *
   * @throws java.io.UncheckedIOException if there is none or it cannot be read
   */
  Source open(long index);

  /**
   * Starts, or goes on, receiving the bytes of a snapshot file from another member. A receiver for
   * the same entry and size that was left unfinished goes on where it was; any other one is
   * discarded.
   */
  Receiver receive(EntryId last, long totalBytes);

  /** Uses a snapshot no more that was found damaged; its file may stay until a newer one exists. */
  default void discard(long index) {}

  /**
   * Removes all but the newest {@code count} snapshots.
   *
   * @param appliedIndex those after it are kept, too: their turn to be restored may still come
   */
  void retain(int count, long appliedIndex);

  /**
   * Bytes of the latest snapshot's state, before it is compressed: to make a snapshot costs what
   * these cost. 0 if there is none. For any thread.
   */
  long latestStateBytes();

  /** Bytes of all complete snapshots. For any thread. */
  long sizeBytes();

  @Override
  void close();

  /** A snapshot being made. Close without commit gives it up. */
  interface Sink extends AutoCloseable {
    /** Where the state goes; checksummed and, where possible, compressed on the way. */
    OutputStream stream();

    /** Sync, rename, sync of the folder: on return the snapshot exists and survives a power cut. */
    void commit();

    @Override
    void close();
  }

  /** A snapshot being read. Used by one thread. */
  interface Source extends AutoCloseable {
    SnapshotMeta meta();

    /** Bytes of the file, header and checksums included. */
    long totalBytes();

    /** Bytes of the file as they stand, for another member; at most {@code lengthMax}. */
    byte[] read(long offset, int lengthMax);

    /**
     * The state that was written to {@link Sink#stream}. Each block is verified before its first
     * byte is returned, and the end of the file at the end; damage is an IOException.
     */
    InputStream stream();

    @Override
    void close();
  }

  /** A snapshot being received. Close without finish keeps what is there for a later attempt. */
  interface Receiver extends AutoCloseable {
    /** Where the next bytes belong; what came before is kept. */
    long nextOffset();

    /** Adds bytes at {@link #nextOffset}. */
    void write(byte[] data);

    /**
     * Verifies the whole file, syncs, renames, syncs the folder.
     *
     * @return what the file says it holds
     * @throws java.io.UncheckedIOException if it is damaged or is not the announced snapshot; the
     *     partial file is gone then
     */
    SnapshotMeta finish();

    @Override
    void close();
  }
}
