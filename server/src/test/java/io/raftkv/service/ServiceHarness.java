package io.raftkv.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.proto.v1.ClusterGrpc;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.MaintenanceGrpc;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.Reason;
import io.raftkv.proto.v1.SessionGrpc;
import io.raftkv.raft.MemberId;
import io.raftkv.storage.BackupFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** The services of one member over an in-process server. */
final class ServiceHarness implements AutoCloseable {
  static final long CLUSTER_ID = 0xC1L;

  static final MemberFigures FIGURES =
      new MemberFigures() {
        @Override
        public long logBytes() {
          return 111;
        }

        @Override
        public long snapshotBytes() {
          return 222;
        }

        @Override
        public List<String> alarms() {
          return List.of("a disk is nearly full");
        }
      };

  final ManualClock clock = new ManualClock();
  final KvStateMachine store;
  final SingleConsensus consensus;
  final ServiceContext context;
  final PipelineService pipelines;
  final List<String> finished = Collections.synchronizedList(new ArrayList<>());
  final KVGrpc.KVBlockingStub kv;
  final KVGrpc.KVFutureStub kvLater;
  final SessionGrpc.SessionBlockingStub sessions;
  final ClusterGrpc.ClusterBlockingStub cluster;
  final MaintenanceGrpc.MaintenanceBlockingStub maintenance;

  /** Where clients reach the other member. */
  volatile String otherAddress = "host2:7400";

  private final Server server;
  final ManagedChannel channel;

  ServiceHarness() {
    this(ServiceLimits.DEFAULT);
  }

  ServiceHarness(ServiceLimits limits) {
    this(limits, CLUSTER_ID, new KvStateMachine(KvLimits.DEFAULT));
  }

  /** With further state machines that apply the same log: what other members would hold. */
  ServiceHarness(
      ServiceLimits limits, long clusterId, KvStateMachine store, KvStateMachine... replicas) {
    this.store = store;
    consensus = new SingleConsensus(clock, store, replicas);
    context =
        ServiceContext.of(
            new MemberIdentity(clusterId, SingleConsensus.SELF, "n1", "1.2.3"),
            consensus,
            store,
            this::clientAddress,
            FIGURES,
            (meta, state, file) -> BackupFile.write(clusterId, meta, state, file),
            limits,
            clock,
            (method, reason, nanos, bytes) -> finished.add(method + " " + reason));
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name).directExecutor();
    KvService service = new KvService(context, Runnable::run);
    pipelines = new PipelineService(context, service, () -> Runnable::run, Duration.ofMinutes(5));
    ClientServer.services(context, service, pipelines).forEach(builder::addService);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    kv = KVGrpc.newBlockingStub(channel);
    kvLater = KVGrpc.newFutureStub(channel);
    sessions = SessionGrpc.newBlockingStub(channel);
    cluster = ClusterGrpc.newBlockingStub(channel);
    maintenance = MaintenanceGrpc.newBlockingStub(channel);
  }

  private Optional<String> clientAddress(MemberId member) {
    if (member.equals(SingleConsensus.LEARNER)) {
      return Optional.empty();
    }
    return Optional.of(member.equals(SingleConsensus.OTHER) ? otherAddress : "host1:7400");
  }

  long put(String key, String value) {
    return kv.put(putRequest(key, value).build()).getModRevision();
  }

  /** The value, or null if there is no such key. */
  Optional<String> get(String key) {
    var response = kv.get(GetRequest.newBuilder().setKey(bytes(key)).build());
    return response.hasKv()
        ? Optional.of(response.getKv().getValue().toStringUtf8())
        : Optional.empty();
  }

  static PutRequest.Builder putRequest(String key, String value) {
    return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value));
  }

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  static ByteString bytes(int size) {
    return ByteString.copyFrom(new byte[size]);
  }

  /** Everything an error says. */
  record Failure(StatusRuntimeException status, ErrorInfo info, Optional<RetryInfo> retry) {
    String metadata(String name) {
      return info.getMetadataOrDefault(name, "");
    }
  }

  static Failure failure(ThrowingCallable request) {
    StatusRuntimeException status = catchThrowableOfType(StatusRuntimeException.class, request);
    assertThat(status).as("the request is refused").isNotNull();
    return failure(status);
  }

  static Failure failure(StatusRuntimeException status) {
    com.google.rpc.Status details = StatusProto.fromThrowable(status);
    assertThat(details).as("details of %s", status).isNotNull();
    ErrorInfo info = ErrorInfo.getDefaultInstance();
    Optional<RetryInfo> retry = Optional.empty();
    try {
      for (Any detail : details.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(RetryInfo.class)) {
          retry = Optional.of(detail.unpack(RetryInfo.class));
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
    assertThat(info.getDomain()).isEqualTo("raftkv");
    return new Failure(status, info, retry);
  }

  /** Asserts the whole of an error: code, reason and outcome. */
  static Failure assertRefused(ThrowingCallable request, Reason reason, String outcome) {
    Failure failure = failure(request);
    assertThat(failure.info().getReason()).isEqualTo(reason.name());
    assertThat(failure.status().getStatus().getCode()).isEqualTo(Errors.row(reason).code());
    assertThat(failure.metadata("outcome")).isEqualTo(outcome);
    return failure;
  }

  void assertNothingInFlight() {
    assertThat(context.calls().admission().count()).isZero();
    assertThat(context.calls().admission().bytes()).isZero();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    context.close();
  }
}
