package io.raftkv.storage;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A folder that is only looked at: reads are those of the folder, and what would change it does
 * nothing. So the code that opens a store tells what it would make of the folder.
 */
final class ReadOnlyVolumes implements VolumeFactory {
  private final VolumeFactory volumes;

  ReadOnlyVolumes(VolumeFactory volumes) {
    this.volumes = volumes;
  }

  /** Nothing that is looked at is made. */
  @Override
  public Volume create(String name) {
    throw new UnsupportedOperationException("create " + name);
  }

  @Override
  public Volume open(String name) {
    return new ReadOnlyVolume(volumes.open(name));
  }

  @Override
  public boolean exists(String name) {
    return volumes.exists(name);
  }

  @Override
  public void delete(String name) {}

  @Override
  public List<String> list() {
    return volumes.list();
  }

  @Override
  public void rename(String from, String to) {}

  @Override
  public void syncDirectory() {}

  @Override
  public String location() {
    return volumes.location();
  }

  private record ReadOnlyVolume(Volume volume) implements Volume {
    @Override
    public void putData(long offset, ByteBuffer data) {
      data.position(data.limit());
    }

    @Override
    public void getData(long offset, byte[] target, int from, int length) {
      volume.getData(offset, target, from, length);
    }

    @Override
    public long length() {
      return volume.length();
    }

    @Override
    public void truncate(long length) {}

    @Override
    public void sync() {}

    @Override
    public void close() {
      volume.close();
    }
  }
}
