package io.raftkv.storage;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Volumes that live as long as their process. Thread-safe. */
final class MemoryVolumes implements VolumeFactory {
  private final TreeMap<String, MemoryVolume> volumes = new TreeMap<>();

  @Override
  public synchronized Volume create(String name) {
    if (volumes.containsKey(name)) {
      throw new UncheckedIOException(new FileAlreadyExistsException(name));
    }
    MemoryVolume volume = new MemoryVolume();
    volumes.put(name, volume);
    return volume;
  }

  @Override
  public synchronized Volume open(String name) {
    return existing(name, volumes.get(name));
  }

  @Override
  public synchronized boolean exists(String name) {
    return volumes.containsKey(name);
  }

  @Override
  public synchronized void delete(String name) {
    existing(name, volumes.remove(name));
  }

  @Override
  public synchronized List<String> list() {
    return List.copyOf(volumes.keySet());
  }

  @Override
  public synchronized void rename(String from, String to) {
    volumes.put(to, existing(from, volumes.remove(from)));
  }

  @Override
  public void syncDirectory() {}

  @Override
  public String location() {
    return "memory";
  }

  private static MemoryVolume existing(String name, @Nullable MemoryVolume volume) {
    if (volume == null) {
      throw new UncheckedIOException(new NoSuchFileException(name));
    }
    return volume;
  }

  private static final class MemoryVolume implements Volume {
    private byte[] bytes = new byte[0];
    private int length;

    @Override
    public synchronized void putData(long offset, ByteBuffer data) {
      long end = offset + data.remaining();
      if (end > Integer.MAX_VALUE - 8) {
        throw new UncheckedIOException(new IOException("more than 2 GiB in memory"));
      }
      if (end > bytes.length) {
        long doubled = Math.min(2L * bytes.length, Integer.MAX_VALUE - 8);
        bytes = Arrays.copyOf(bytes, (int) Math.max(end, doubled));
      }
      length = Math.max(length, (int) end);
      data.get(bytes, (int) offset, data.remaining());
    }

    @Override
    public synchronized void getData(long offset, byte[] target, int from, int count) {
      if (offset + count > length) {
        throw new UncheckedIOException(new EOFException("at " + length));
      }
      System.arraycopy(bytes, (int) offset, target, from, count);
    }

    @Override
    public synchronized long length() {
      return length;
    }

    @Override
    public synchronized void truncate(long newLength) {
      if (newLength < length) {
        Arrays.fill(bytes, (int) newLength, length, (byte) 0);
        length = (int) newLength;
      }
    }

    @Override
    public void sync() {}

    @Override
    public void close() {}
  }
}
