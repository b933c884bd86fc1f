package io.raftkv.service;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KeyRange;
import io.raftkv.kv.KeyVersion;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvView;
import io.raftkv.kv.RequestId;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.StoredKeyValue;
import io.raftkv.proto.v1.DeleteRequest;
import io.raftkv.proto.v1.DeleteResponse;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.GetResponse;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.PutRequest;
import io.raftkv.proto.v1.PutResponse;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keys and values. Handlers run on network loops, answers on lanes and walkers. */
final class KvService extends KVGrpc.KVImplBase {
  /** A value that takes so little to copy may be answered on a lane. */
  private static final int SMALL_VALUE_BYTES_MAX = 16 << 10;

  private final ServiceContext context;
  private final Calls calls;
  private final RequestChecks checks;
  private final Reads reads;
  private final PageTokens tokens;
  private final Executor arrivals;

  /**
   * @param arrivals says when the work of a request begins that comes by itself
   */
  KvService(ServiceContext context, Executor arrivals) {
    this.context = context;
    this.arrivals = arrivals;
    this.calls = context.calls();
    this.checks = context.checks();
    this.reads = context.reads();
    this.tokens = new PageTokens(context.identity().clusterId());
  }

  @Override
  public void get(GetRequest request, StreamObserver<GetResponse> observer) {
    calls.run(Method.GET, request, observer, arrivals, call -> get(request, call, reads.barrier()));
  }

  /** One of the gets that share a barrier. */
  CompletableFuture<GetResponse> get(
      GetRequest request, Call<GetResponse> call, Reads.Barrier barrier) {
    checks.key(request.getKey());
    checks.read(request.getRead());
    byte[] key = request.getKey().toByteArray();
    return reads
        .view(call, request.getRead(), barrier)
        .thenCompose(
            view -> {
              call.checkWanted();
              long revision = Reads.revision(view, request.getRead().getAtRevision());
              Optional<KeyVersion> found = view.get(key, revision);
              Supplier<GetResponse> response = () -> get(found, revision);
              // Whoever completes it also writes it out: for a big value that is not for a lane.
              return found.isPresent() && found.get().value().length > SMALL_VALUE_BYTES_MAX
                  ? context.pages().run(call, response)
                  : CompletableFuture.completedFuture(response.get());
            });
  }

  private GetResponse get(Optional<KeyVersion> found, long revision) {
    GetResponse.Builder response =
        GetResponse.newBuilder().setHeader(context.headers().at(revision));
    found.ifPresent(version -> response.setKv(Pages.keyValue(version, false)));
    return response.build();
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> observer) {
    calls.run(Method.PUT, request, observer, arrivals, call -> put(request, call));
  }

  CompletableFuture<PutResponse> put(PutRequest request, Call<PutResponse> call) {
    checks.put(request);
    if (request.getReturnPrevious()) {
      expectPrevious(call, request.getKey());
    }
    byte[] command =
        Commands.put(
            request.getKey(),
            request.getValue(),
            checks.condition(request),
            checks.ttlMillis(request),
            request.getReturnPrevious(),
            request.getSessionId(),
            checks.requestId(request));
    return propose(command)
        .thenApply(
            result -> {
              PutResponse.Builder response =
                  PutResponse.newBuilder()
                      .setHeader(context.headers().at(result.getRevision()))
                      .setModRevision(result.getRevision());
              if (result.getPreviousCount() > 0) {
                response.setPrevious(keyValue(result.getPrevious(0)));
              }
              return response.build();
            });
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> observer) {
    calls.run(Method.DELETE, request, observer, arrivals, call -> delete(request, call));
  }

  CompletableFuture<DeleteResponse> delete(DeleteRequest request, Call<DeleteResponse> call) {
    KeyRange range = checks.range(request);
    long limit = checks.limit(request.getLimit());
    var condition = checks.condition(request);
    boolean isPreviousWanted = request.getReturnPrevious();
    if (isPreviousWanted && request.hasKey()) {
      expectPrevious(call, request.getKey());
    } else if (isPreviousWanted) {
      call.expectAnswer(KvLimits.DEFAULT.previousBytesMax());
    }
    RequestId requestId = checks.requestId(request);
    byte[] command =
        request.hasKey()
            ? Commands.delete(request.getKey(), condition, isPreviousWanted, requestId)
            : Commands.delete(range, limit, isPreviousWanted, requestId);
    return propose(command)
        .thenApply(
            result -> {
              DeleteResponse.Builder response =
                  DeleteResponse.newBuilder()
                      .setHeader(context.headers().at(result.getRevision()))
                      .setDeleted(result.getDeleted());
              result.getPreviousList().forEach(kv -> response.addPrevious(keyValue(kv)));
              return response.build();
            });
  }

  /** What the key has now is about what it will have; writes that come between are bounded, too. */
  private void expectPrevious(Call<?> call, ByteString key) {
    KvView view = reads.local();
    long valueBytes =
        view.get(key.toByteArray(), view.revision()).map(found -> found.value().length).orElse(0);
    call.expectAnswer(key.size() + valueBytes);
  }

  /** The result of a command that did what it was to do. */
  private CompletableFuture<CommandResult> propose(byte[] command) {
    return context
        .consensus()
        .propose(command)
        .thenApply(
            bytes -> {
              CommandResult result = Commands.decodeResult(bytes);
              SessionRefusals.check(result, Outcome.UNKNOWN);
              if (result.getConditionFailed()) {
                throw Refusal.with(
                    Reason.CONDITION_FAILED,
                    "mod_revision",
                    result.getConditionModRevision(),
                    "the key's mod_revision is " + result.getConditionModRevision());
              }
              if (result.getTooMany()) {
                throw Refusal.field(
                    Reason.TOO_MANY_OPERATIONS,
                    "limit",
                    "the delete touches more than one command may; set a limit and repeat it");
              }
              return result;
            });
  }

  private static KeyValue keyValue(StoredKeyValue stored) {
    return KeyValue.newBuilder()
        .setKey(stored.getKey())
        .setValue(stored.getValue())
        .setCreateRevision(stored.getCreateRevision())
        .setModRevision(stored.getModRevision())
        .setVersion(stored.getVersion())
        .setSessionId(stored.getSessionId())
        .build();
  }

  @Override
  public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
    calls.run(Method.RANGE, request, observer, arrivals, call -> range(request, call));
  }

  private CompletableFuture<RangeResponse> range(RangeRequest request, Call<RangeResponse> call) {
    ReadOptions read = request.getRead();
    checks.read(read);
    PageTokens.Query query =
        new PageTokens.Query(
            checks.range(request),
            request.getReverse(),
            request.getKeysOnly(),
            read.getAtRevision());
    int pageKeys = checks.pageKeys(request);
    PageTokens.@Nullable Place place = place(request, query);
    // A revision that was read never changes, so that no page after the first needs the leader.
    CompletableFuture<KvView> view =
        place == null ? reads.view(call, read) : reads.atLeast(call, place.revision());
    Walkers walkers = request.getCountOnly() ? context.walks() : context.pages();
    return view.thenCompose(
        found -> {
          long revision =
              Reads.revision(found, place == null ? read.getAtRevision() : place.revision());
          return walkers.run(
              call,
              () ->
                  request.getCountOnly()
                      ? count(found, revision, query)
                      : page(found, revision, query, pageKeys, place));
        });
  }

  private PageTokens.@Nullable Place place(RangeRequest request, PageTokens.Query query) {
    ByteString token = request.getPageToken();
    if (token.isEmpty()) {
      return null;
    }
    if (request.getCountOnly()) {
      throw Refusal.field(Reason.BAD_PAGE_TOKEN, "page_token", "a count has no pages");
    }
    return tokens.decode(query, token);
  }

  private RangeResponse count(KvView view, long revision, PageTokens.Query query) {
    return RangeResponse.newBuilder()
        .setHeader(context.headers().at(revision))
        .setCount(view.count(query.range(), revision))
        .build();
  }

  private RangeResponse page(
      KvView view,
      long revision,
      PageTokens.Query query,
      int pageKeys,
      PageTokens.@Nullable Place place) {
    return new Pages(query, pageKeys, context.limits().pageBytesMax())
        .fill(view, revision, place == null ? null : place.key(), tokens)
        .setHeader(context.headers().at(revision))
        .build();
  }
}
