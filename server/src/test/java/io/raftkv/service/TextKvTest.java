package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.failure;
import static io.raftkv.service.ServiceHarness.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.raftkv.proto.v1.text.DeleteRequest;
import io.raftkv.proto.v1.text.GetRequest;
import io.raftkv.proto.v1.text.KVGrpc;
import io.raftkv.proto.v1.text.KeyValue;
import io.raftkv.proto.v1.text.PutRequest;
import io.raftkv.proto.v1.text.RangeRequest;
import io.raftkv.service.ServiceHarness.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TextKvTest {
  private static final ByteString NOT_TEXT = ByteString.fromHex("ff00fe");

  private final ServiceHarness harness = new ServiceHarness();
  private final ClientServer server = open();
  private final ManagedChannel channel =
      NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  private final KVGrpc.KVBlockingStub text = KVGrpc.newBlockingStub(channel);
  private final io.raftkv.proto.v1.KVGrpc.KVBlockingStub bytes =
      io.raftkv.proto.v1.KVGrpc.newBlockingStub(channel);

  private ClientServer open() {
    try {
      return ClientServer.open(
          harness.context,
          ConnectionLimits.DEFAULT,
          true,
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void close() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(10, TimeUnit.SECONDS);
    server.close();
    harness.close();
  }

  private void putText(String key, String value) {
    var unused = text.put(PutRequest.newBuilder().setKey(key).setValue(value).build());
  }

  private void putNotText(String key) {
    var unused = bytes.put(putRequest(key, "").setValue(NOT_TEXT).build());
  }

  @Test
  void textAndBytesAreTwoViewsOfOneStore() {
    putText("ключ", "значение");

    var asBytes =
        bytes.get(
            io.raftkv.proto.v1.GetRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("ключ"))
                .build());
    assertThat(asBytes.getKv().getValue().toStringUtf8()).isEqualTo("значение");
    assertThat(text.get(GetRequest.newBuilder().setKey("ключ").build()).getKv().getValue())
        .isEqualTo("значение");
    assertThat(text.get(GetRequest.newBuilder().setKey("other").build()).hasKv()).isFalse();
  }

  @Test
  void everyMethodIsThere() {
    putText("a/1", "one");
    putText("a/2", "two");

    assertThat(text.range(RangeRequest.newBuilder().setPrefix("a/").build()).getKvsList())
        .extracting(KeyValue::getValue)
        .containsExactly("one", "two");
    assertThat(
            text.delete(DeleteRequest.newBuilder().setPrefix("a/").setReturnPrevious(true).build())
                .getPreviousList())
        .extracting(KeyValue::getKey)
        .containsExactly("a/1", "a/2");
  }

  @Test
  void refusalsAreThoseOfTheBytes() {
    Failure refusal = failure(() -> putText("", "v"));

    assertThat(refusal.info().getReason()).isEqualTo("KEY_EMPTY");
    assertThat(refusal.metadata("outcome")).isEqualTo("not_applied");
  }

  @Test
  void whatIsNotUtf8IsRefused() {
    putText("a", "text");
    putNotText("b");

    Failure ofGet = failure(() -> text.get(GetRequest.newBuilder().setKey("b").build()));
    Failure ofRange = failure(() -> text.range(RangeRequest.getDefaultInstance()));

    assertThat(ofGet.info().getReason()).isEqualTo("NOT_UTF8");
    assertThat(ofGet.metadata("outcome")).isEqualTo("read");
    assertThat(ofRange.info().getReason()).isEqualTo("NOT_UTF8");
    assertThat(text.range(RangeRequest.newBuilder().setKeysOnly(true).build()).getKvsList())
        .extracting(KeyValue::getKey)
        .containsExactly("a", "b");
  }

  @Test
  void aWriteIsNotUndoneByWhatItReplaced() {
    putNotText("b");

    Failure failure =
        failure(
            () ->
                text.put(
                    PutRequest.newBuilder()
                        .setKey("b")
                        .setValue("text")
                        .setReturnPrevious(true)
                        .build()));

    assertThat(failure.info().getReason()).isEqualTo("NOT_UTF8");
    assertThat(failure.metadata("outcome")).isEqualTo("unknown");
    assertThat(text.get(GetRequest.newBuilder().setKey("b").build()).getKv().getValue())
        .isEqualTo("text");
  }
}
