package io.raftkv.storage;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A folder in memory that behaves as badly as disks may: what is not synced, bytes and names alike,
 * survives a power cut in any part, and any operation can fail. Deterministic for a given seed.
 *
 * <p>Pages of 4 KiB reach the disk each on its own, and are torn at sectors of 512 bytes. Names
 * (create, rename, delete) reach it each on its own too. A failed sync leaves pages that are
 * readable, count as clean and are lost in a power cut, as on Linux.
 *
 * <p>Operations are those that change something, sync included; they are counted from 1.
 */
public final class FaultyVolumes implements VolumeFactory {
  static final int PAGE_BYTES = 4096;
  private static final int SECTOR_BYTES = 512;

  private final Random random;
  private TreeMap<String, Content> names = new TreeMap<>();
  private TreeMap<String, Content> durableNames = new TreeMap<>();
  private final List<Consumer<TreeMap<String, Content>>> unsyncedNames = new ArrayList<>();
  private long operations;
  private long syncs;
  private long failingOperation = -1;
  private long powerCutOperation = -1;
  private boolean isOff;

  /** Handles of earlier lives are dead. */
  private int life;

  public FaultyVolumes(Random random) {
    this.random = random;
  }

  /** What is thrown from the moment on at which {@link #cutPowerAt} cuts the power. */
  public static final class PowerCutException extends UncheckedIOException {
    private static final long serialVersionUID = 1;

    PowerCutException() {
      super(new IOException("power cut"));
    }
  }

  /** Syncs of files so far. */
  long syncs() {
    return syncs;
  }

  /** Operations so far. */
  public long operations() {
    return operations;
  }

  /**
   * Makes one operation fail, counted from the first one ever; a failed write may be done in part.
   */
  public void failAt(long operation) {
    failingOperation = operation;
  }

  /**
   * Cuts the power during an operation: this one and all later ones throw until {@link #powerLoss}.
   */
  public void cutPowerAt(long operation) {
    powerCutOperation = operation;
  }

  /** A power cut, now, and the power back: what was not synced survives in part. */
  public void powerLoss() {
    for (Consumer<TreeMap<String, Content>> change : unsyncedNames) {
      if (random.nextBoolean()) {
        change.accept(durableNames);
      }
    }
    unsyncedNames.clear();
    names = new TreeMap<>(durableNames);
    names.values().stream().distinct().forEach(content -> content.lose(random));
    restart();
  }

  /** The process dies and starts again: nothing is lost, and nothing more is durable. */
  public void restart() {
    life++;
    isOff = false;
    failingOperation = -1;
    powerCutOperation = -1;
  }

  /** The bytes of a file as they are read now. */
  public byte[] bytes(String name) {
    Content content = content(name);
    return Arrays.copyOf(content.bytes, content.length);
  }

  /** Puts a file there, durable. */
  public void put(String name, byte[] bytes) {
    Content content = new Content();
    content.write(0, bytes, 0, bytes.length);
    content.sync();
    names.put(name, content);
    durableNames.put(name, content);
  }

  /** Takes a file away, durably, as an operator might. */
  public void take(String name) {
    names.remove(name);
    durableNames.remove(name);
  }

  /** Rot: inverts one bit on the disk. */
  public void flipBit(String name, long bit) {
    Content content = content(name);
    byte mask = (byte) (1 << (bit % 8));
    content.bytes[(int) (bit / 8)] ^= mask;
    content.durable[(int) (bit / 8)] ^= mask;
  }

  private Content content(String name) {
    Content content = names.get(name);
    if (content == null) {
      throw new UncheckedIOException(new NoSuchFileException(name));
    }
    return content;
  }

  /** Counts an operation; true if it is to fail. */
  private boolean begin() {
    if (isOff) {
      throw new PowerCutException();
    }
    operations++;
    if (operations == powerCutOperation) {
      isOff = true;
    }
    return operations == failingOperation || isOff;
  }

  private UncheckedIOException failure(String operation) {
    return isOff
        ? new PowerCutException()
        : new UncheckedIOException(new IOException(operation + " fails, as asked for"));
  }

  private void change(String operation, Consumer<TreeMap<String, Content>> change) {
    boolean isFailing = begin();
    if (!isFailing || random.nextBoolean()) {
      change.accept(names);
      unsyncedNames.add(change);
    }
    if (isFailing) {
      throw failure(operation);
    }
  }

  @Override
  public Volume create(String name) {
    if (names.containsKey(name)) {
      throw new UncheckedIOException(new FileAlreadyExistsException(name));
    }
    Content content = new Content();
    change("create", all -> all.put(name, content));
    return new Handle(content, life);
  }

  @Override
  public Volume open(String name) {
    return new Handle(content(name), life);
  }

  @Override
  public boolean exists(String name) {
    return names.containsKey(name);
  }

  @Override
  public void delete(String name) {
    content(name);
    change("delete", all -> all.remove(name));
  }

  @Override
  public List<String> list() {
    return List.copyOf(names.keySet());
  }

  @Override
  public void rename(String from, String to) {
    Content content = content(from);
    change(
        "rename",
        all -> {
          all.remove(from);
          all.put(to, content);
        });
  }

  @Override
  public void syncDirectory() {
    if (begin()) {
      throw failure("sync of the folder");
    }
    durableNames = new TreeMap<>(names);
    unsyncedNames.clear();
  }

  @Override
  public String location() {
    return "faulty";
  }

  private static final class Content {
    private byte[] bytes = new byte[0];
    private int length;
    private byte[] durable = new byte[0];
    private int durableLength;
    private final BitSet dirtyPages = new BitSet();

    void write(long offset, byte[] data, int from, int count) {
      if (count == 0) {
        return;
      }
      int end = (int) offset + count;
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
      }
      System.arraycopy(data, from, bytes, (int) offset, count);
      length = Math.max(length, end);
      dirtyPages.set((int) offset / PAGE_BYTES, (end - 1) / PAGE_BYTES + 1);
    }

    void truncate(long newLength) {
      if (newLength < length) {
        Arrays.fill(bytes, (int) newLength, length, (byte) 0);
        dirtyPages.set((int) newLength / PAGE_BYTES, (length - 1) / PAGE_BYTES + 1);
        length = (int) newLength;
      }
    }

    void sync() {
      growDurable();
      for (int page = dirtyPages.nextSetBit(0); page >= 0; page = dirtyPages.nextSetBit(page + 1)) {
        persist(page * PAGE_BYTES, PAGE_BYTES);
      }
      dirtyPages.clear();
      durableLength = length;
    }

    /** The pages are clean now, and not on the disk. */
    void failSync() {
      dirtyPages.clear();
    }

    void lose(Random random) {
      growDurable();
      for (int page = dirtyPages.nextSetBit(0); page >= 0; page = dirtyPages.nextSetBit(page + 1)) {
        switch (random.nextInt(4)) {
          case 0 -> persist(page * PAGE_BYTES, PAGE_BYTES);
          case 1 -> {
            for (int at = 0; at < PAGE_BYTES; at += SECTOR_BYTES) {
              if (random.nextBoolean()) {
                persist(page * PAGE_BYTES + at, SECTOR_BYTES);
              }
            }
          }
          case 2 -> persist(page * PAGE_BYTES, SECTOR_BYTES * random.nextInt(8));
          default -> {} // nothing of it
        }
      }
      if (length != durableLength && random.nextBoolean()) {
        durableLength = length;
      }
      Arrays.fill(durable, durableLength, durable.length, (byte) 0);
      dirtyPages.clear();
      bytes = durable.clone();
      length = durableLength;
    }

    private void growDurable() {
      if (durable.length < bytes.length) {
        durable = Arrays.copyOf(durable, bytes.length);
      }
    }

    private void persist(int from, int count) {
      int end = Math.min(from + count, bytes.length);
      if (end > from) {
        System.arraycopy(bytes, from, durable, from, end - from);
      }
    }
  }

  private final class Handle implements Volume {
    private final Content content;
    private final int bornIn;
    private boolean isClosed;

    Handle(Content content, int bornIn) {
      this.content = content;
      this.bornIn = bornIn;
    }

    private void checkUsable() {
      if (isClosed || bornIn != life) {
        throw new UncheckedIOException(new IOException("handle is closed or of an earlier life"));
      }
    }

    @Override
    public void putData(long offset, ByteBuffer data) {
      checkUsable();
      byte[] copy = new byte[data.remaining()];
      data.get(copy);
      if (begin()) {
        content.write(offset, copy, 0, random.nextInt(copy.length + 1));
        throw failure("write");
      }
      content.write(offset, copy, 0, copy.length);
    }

    @Override
    public void getData(long offset, byte[] target, int from, int count) {
      checkUsable();
      if (isOff) {
        throw new PowerCutException();
      }
      if (offset + count > content.length) {
        throw new UncheckedIOException(new EOFException("at " + content.length));
      }
      System.arraycopy(content.bytes, (int) offset, target, from, count);
    }

    @Override
    public long length() {
      checkUsable();
      return content.length;
    }

    @Override
    public void truncate(long length) {
      checkUsable();
      if (begin()) {
        throw failure("truncate");
      }
      content.truncate(length);
    }

    @Override
    public void sync() {
      checkUsable();
      syncs++;
      if (begin()) {
        if (!isOff) {
          content.failSync();
        }
        throw failure("sync");
      }
      content.sync();
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }
}
