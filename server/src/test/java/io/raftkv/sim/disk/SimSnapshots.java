package io.raftkv.sim.disk;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;

/** One process's handle on its machine's snapshots. */
public final class SimSnapshots implements SnapshotStore {
  private final SnapshotModel model;
  private final DiskFaults faults;
  private final Machine machine;
  private final DiskObserver observer;

  public SimSnapshots(
      SnapshotModel model, DiskFaults faults, Machine machine, DiskObserver observer) {
    this.model = model;
    this.faults = faults;
    this.machine = machine;
    this.observer = observer;
  }

  @Override
  public Optional<SnapshotMeta> latest() {
    return model.files().isEmpty()
        ? Optional.empty()
        : Optional.of(model.files().lastEntry().getValue().meta());
  }

  @Override
  public Sink create(SnapshotMeta meta) {
    machine.mayEndHere();
    observer.creatingSnapshot(meta);
    faults.maySnapshotFail();
    ByteArrayOutputStream state = new ByteArrayOutputStream();
    return new Sink() {
      @Override
      public OutputStream stream() {
        return state;
      }

      @Override
      public void commit() {
        machine.mayEndHere();
        faults.maySnapshotFail();
        complete(SnapshotModel.File.of(meta, state.toByteArray()), false);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Source open(long index) {
    faults.maySnapshotFail();
    SnapshotModel.File file = model.files().get(index);
    if (file == null) {
      throw failure("no snapshot of " + index);
    }
    return new Source() {
      @Override
      public SnapshotMeta meta() {
        return file.meta();
      }

      @Override
      public long totalBytes() {
        return file.bytes().length;
      }

      @Override
      public byte[] read(long offset, int lengthMax) {
        int from = (int) Math.min(offset, file.bytes().length);
        return Arrays.copyOfRange(
            file.bytes(), from, Math.min(from + lengthMax, file.bytes().length));
      }

      @Override
      public InputStream stream() {
        return new ByteArrayInputStream(
            file.bytes(), file.stateOffset(), file.bytes().length - 8 - file.stateOffset());
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Receiver receive(EntryId last, long totalBytes) {
    machine.mayEndHere();
    faults.maySnapshotFail();
    SnapshotModel.Partial begun = model.partial;
    SnapshotModel.Partial partial =
        begun != null && begun.last.equals(last) && begun.bytes.length == totalBytes
            ? begun
            : new SnapshotModel.Partial(last, (int) totalBytes);
    model.partial = partial;
    return new Receiver() {
      @Override
      public long nextOffset() {
        return partial.length;
      }

      @Override
      public void write(byte[] data) {
        machine.mayEndHere();
        faults.maySnapshotFail();
        if (data.length > partial.bytes.length - partial.length) {
          throw failure("more bytes than announced");
        }
        System.arraycopy(data, 0, partial.bytes, partial.length, data.length);
        partial.length += data.length;
      }

      @Override
      public SnapshotMeta finish() {
        machine.mayEndHere();
        model.partial = null;
        faults.maySnapshotFail();
        SnapshotModel.File file =
            partial.length == partial.bytes.length ? SnapshotModel.File.parse(partial.bytes) : null;
        if (file == null || !file.meta().last().equals(last)) {
          throw failure("not the snapshot that was announced");
        }
        complete(file, true);
        return file.meta();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void retain(int count, long appliedIndex) {
    machine.mayEndHere();
    while (model.files().size() > count && model.files().firstKey() <= appliedIndex) {
      model.remove(model.files().firstKey());
    }
    machine.mayEndHere();
    model.sync();
  }

  @Override
  public long latestStateBytes() {
    return model.files().isEmpty() ? 0 : model.files().lastEntry().getValue().bytes().length;
  }

  @Override
  public long sizeBytes() {
    return model.files().values().stream().mapToLong(file -> file.bytes().length).sum();
  }

  @Override
  public void close() {}

  private void complete(SnapshotModel.File file, boolean isReceived) {
    observer.completingSnapshot(file.meta(), isReceived);
    model.add(file);
    machine.mayEndHere();
    model.sync();
    machine.mayEndHere();
  }

  private static UncheckedIOException failure(String what) {
    return new UncheckedIOException(new IOException(what));
  }
}
