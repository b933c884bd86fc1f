package io.raftkv.sim.disk;

import io.raftkv.raft.EntryId;
import io.raftkv.raft.SnapshotMeta;
import io.raftkv.raft.SnapshotStore;
import java.io.OutputStream;
import java.util.Optional;

/** One process's handle on the snapshot files of its machine, with the rules looking on. */
public final class ObservedSnapshots implements SnapshotStore {
  private final SnapshotStore files;
  private final SnapshotModel model;
  private final DiskFaults faults;
  private final Machine machine;
  private final DiskObserver observer;

  /**
   * @param isRotten what is gone may have been found damaged
   */
  public ObservedSnapshots(
      SnapshotStore files,
      SnapshotModel model,
      DiskFaults faults,
      Machine machine,
      DiskObserver observer,
      boolean isRotten) {
    this.files = files;
    this.model = model;
    this.faults = faults;
    this.machine = machine;
    this.observer = observer;
    EntryId latest = files.latest().map(SnapshotMeta::last).orElse(EntryId.ZERO);
    if (latest.index() < model.latest().index() && !isRotten) {
      observer.misused("snapshot " + model.latest() + " is gone, the newest is " + latest);
    }
    model.foundAs(latest);
  }

  @Override
  public Optional<SnapshotMeta> latest() {
    return files.latest();
  }

  @Override
  public Sink create(SnapshotMeta meta) {
    machine.mayEndHere();
    observer.creatingSnapshot(meta);
    faults.maySnapshotFail();
    Sink sink = files.create(meta);
    return new Sink() {
      @Override
      public OutputStream stream() {
        return sink.stream();
      }

      @Override
      public void commit() {
        machine.mayEndHere();
        faults.maySnapshotFail();
        observer.completingSnapshot(meta, false);
        sink.commit();
        model.recoveredAs(meta.last());
        machine.mayEndHere();
      }

      @Override
      public void close() {
        sink.close();
      }
    };
  }

  @Override
  public Source open(long index) {
    faults.maySnapshotFail();
    return files.open(index);
  }

  @Override
  public Receiver receive(EntryId last, long totalBytes) {
    machine.mayEndHere();
    Receiver receiver = files.receive(last, totalBytes);
    return new Receiver() {
      @Override
      public long nextOffset() {
        return receiver.nextOffset();
      }

      @Override
      public void write(byte[] data) {
        machine.mayEndHere();
        receiver.write(data);
      }

      @Override
      public SnapshotMeta finish() {
        machine.mayEndHere();
        SnapshotMeta meta = receiver.finish();
        observer.completingSnapshot(meta, true);
        model.recoveredAs(meta.last());
        machine.mayEndHere();
        return meta;
      }

      @Override
      public void close() {
        receiver.close();
      }
    };
  }

  @Override
  public void discard(long index) {
    files.discard(index);
  }

  @Override
  public void retain(int count, long appliedIndex) {
    machine.mayEndHere();
    files.retain(count, appliedIndex);
  }

  @Override
  public long latestStateBytes() {
    return files.latestStateBytes();
  }

  @Override
  public long sizeBytes() {
    return files.sizeBytes();
  }

  @Override
  public void close() {
    files.close();
  }
}
