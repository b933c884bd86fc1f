package io.raftkv.transport;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** An append of 64 entries of 256 bytes, to the bytes on the wire and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CodecJmh {
  private static final MemberId FROM = new MemberId(1);
  private static final MemberId TO = new MemberId(2);

  private final Decoder decoder = new Decoder(FROM, TO);
  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();
  private final Message append;
  private final byte[] bytes;

  public CodecJmh() {
    List<LogEntry> entries = new ArrayList<>();
    for (int i = 1; i <= 64; i++) {
      entries.add(new LogEntry(1_000 + i, 5, LogEntry.Kind.COMMAND, 1_000, new byte[256]));
    }
    append = new Message.AppendRequest(FROM, TO, 5, new EntryId(1_000, 5), entries, 900);
    encode();
    bytes = wire.toByteArray();
  }

  @Benchmark
  public int encode() {
    wire.reset();
    Frame frame = new Frame(Encoder.encode(append));
    try {
      return ((Drainable) Rpc.of(append).method().streamRequest(frame)).drainTo(wire);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Benchmark
  public Object decode() throws BadMessageException {
    return decoder.decode(Rpc.of(append).method().parseRequest(new Received(bytes)));
  }

  /** As a message comes from netty: its length is known. */
  private static final class Received extends ByteArrayInputStream implements KnownLength {
    Received(byte[] bytes) {
      super(bytes);
    }
  }
}
