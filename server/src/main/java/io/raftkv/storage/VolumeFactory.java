package io.raftkv.storage;

import java.util.List;

/**
 * The named volumes of one folder: the seam between the stores and the disk, where tests put
 * faults.
 *
 * <p>A new, removed or renamed name survives a power cut only after {@link #syncDirectory}; bytes
 * only after {@link Volume#sync}. Every failure is an {@link java.io.UncheckedIOException}. For any
 * thread.
 */
public interface VolumeFactory {
  /** Makes a new, empty volume; fails if the name is taken. */
  Volume create(String name);

  /** Opens an existing volume to read and write. */
  Volume open(String name);

  /**
   * Opens an existing volume to read what is on the disk, past the cache of the file system where
   * that can be done.
   */
  default Volume openFromDisk(String name) {
    return open(name);
  }

  boolean exists(String name);

  /** Removes a name. A volume that is open stays readable. */
  void delete(String name);

  /** All names, in order. */
  List<String> list();

  /** Gives a volume another name, atomically, in place of what had that name before. */
  void rename(String from, String to);

  /** Makes the names durable. */
  void syncDirectory();

  /** Where the folder is, for messages. */
  String location();
}
