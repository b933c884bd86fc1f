package io.raftkv.e2e.input;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.HashRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.RequestId;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.proto.v1.SessionKeepAliveRequest;
import io.raftkv.proto.v1.SessionListRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Requests of which bytes were changed, cut off or made up. Not of methods that would change the
 * members: one of them might be right.
 */
public final class Mutants {
  private static final int UNDER_WAY_MAX = 200;
  private static final int DEADLINE_SECONDS = 30;

  private static final List<MethodDescriptor<?, ?>> METHODS =
      List.of(
          KVGrpc.getPutMethod(),
          KVGrpc.getGetMethod(),
          KVGrpc.getDeleteMethod(),
          KVGrpc.getRangeMethod(),
          SessionGrpc.getKeepAliveMethod(),
          SessionGrpc.getListMethod(),
          MaintenanceGrpc.getHashMethod());

  private final ManagedChannel channel;
  private final int count;
  private final Random random;
  private final List<byte[]> originals = originals();
  private final Map<Status.Code, Integer> codes = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable String> defect = new AtomicReference<>();

  public Mutants(ManagedChannel channel, int count, long seed) {
    this.channel = channel;
    this.count = count;
    this.random = new Random(seed);
  }

  private static List<byte[]> originals() {
    ByteString key = ByteString.copyFromUtf8("mutant");
    RequestId id =
        RequestId.newBuilder().setSessionId(1).setSequence(2).setFirstOutstanding(1).build();
    return List.of(
        PutRequest.newBuilder()
            .setKey(key)
            .setValue(key)
            .setIfRevision(7)
            .setTtl(Duration.newBuilder().setSeconds(60))
            .setRequestId(id)
            .build()
            .toByteArray(),
        PutRequest.newBuilder().setKey(key).setIfAbsent(true).build().toByteArray(),
        GetRequest.newBuilder()
            .setKey(key)
            .setRead(ReadOptions.newBuilder().setAtRevision(1).setConsistencyValue(3))
            .build()
            .toByteArray(),
        DeleteRequest.newBuilder().setPrefix(key).setLimit(3).build().toByteArray(),
        RangeRequest.newBuilder()
            .setStart(key)
            .setLimit(9)
            .setPageToken(ByteString.copyFrom(new byte[30]))
            .build()
            .toByteArray(),
        SessionKeepAliveRequest.newBuilder().setSessionId(1).build().toByteArray(),
        SessionListRequest.newBuilder().setLimit(5).build().toByteArray(),
        HashRequest.newBuilder().setAtRevision(3).build().toByteArray());
  }

  public BadInputRow row() {
    return BadInputRow.of(
        String.format("%,d mutants of requests", count), "answered: .*", this::send);
  }

  private String send() throws InterruptedException {
    Semaphore underWay = new Semaphore(UNDER_WAY_MAX);
    for (int i = 0; i < count && defect.get() == null; i++) {
      MethodDescriptor<?, ?> method = METHODS.get(random.nextInt(METHODS.size()));
      byte[] mutant = mutant(originals.get(random.nextInt(originals.size())));
      underWay.acquire();
      send(method.getFullMethodName(), mutant, underWay);
    }
    underWay.acquire(UNDER_WAY_MAX);
    String found = defect.get();
    return found == null ? "answered: " + new TreeMap<>(codes) : found;
  }

  private void send(String method, byte[] mutant, Semaphore underWay) {
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            RawBytes.unary(method),
            CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            note(method, mutant, status, trailers);
            underWay.release();
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(mutant);
    call.halfClose();
  }

  private void note(String method, byte[] mutant, Status status, Metadata trailers) {
    codes.merge(status.getCode(), 1, Integer::sum);
    boolean isDefect =
        switch (status.getCode()) {
          case UNKNOWN, INTERNAL, DEADLINE_EXCEEDED -> true;
          // On a busy machine there may be no leader for a moment; that is said with a reason.
          case UNAVAILABLE -> StatusProto.fromStatusAndTrailers(status, trailers) == null;
          default -> false;
        };
    if (isDefect) {
      defect.compareAndSet(null, status + " for " + method + " of " + Arrays.toString(mutant));
    }
  }

  /** Truncated, with some bytes changed, or nothing but noise. */
  private byte[] mutant(byte[] original) {
    byte[] mutant = Arrays.copyOf(original, random.nextInt(original.length + 4));
    for (int i = random.nextInt(4); i > 0 && mutant.length > 0; i--) {
      mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
    }
    if (random.nextInt(5) == 0) {
      random.nextBytes(mutant);
    }
    return mutant;
  }
}
