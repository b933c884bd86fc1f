package io.raftkv.client;

import static io.raftkv.client.FakeMember.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.ResponseHeader;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A scan is one query over pages that a token ties to one revision. */
@Timeout(60)
class ScanTest {
  private final FakeMember member = new FakeMember(1).leads();
  private final KvClient client = FakeCluster.clientOf(member);

  @BeforeEach
  void servePages() {
    member.behaviour = this::page;
  }

  @AfterEach
  void close() {
    client.close();
    member.close();
  }

  /** Seven keys in pages of two, an empty page among them; the store moves on meanwhile. */
  private Object page(Object request) {
    if (!(request instanceof RangeRequest range)) {
      return member.answer(request);
    }
    int at =
        range.getPageToken().isEmpty() ? 0 : Integer.parseInt(range.getPageToken().toStringUtf8());
    RangeResponse.Builder page =
        RangeResponse.newBuilder()
            .setHeader(ResponseHeader.newBuilder(member.header()).setRevision(100 + at));
    if (at == 4) {
      return page.setNextPageToken(ByteString.copyFromUtf8("40")).build();
    }
    int from = at == 40 ? 4 : at;
    for (int i = from; i < Math.min(7, from + 2); i++) {
      page.addKvs(KeyValue.newBuilder().setKey(ByteString.copyFromUtf8("k" + i)));
    }
    int next = from + 2;
    if (next < 7) {
      page.setNextPageToken(ByteString.copyFromUtf8("" + next));
    }
    return page.build();
  }

  private List<String> keys(Scan scan) {
    return scan.stream().map(kv -> kv.key().utf8()).toList();
  }

  @Test
  void aScanGivesEveryKeyOfEveryPageInOrder() {
    assertThat(keys(client.scan(KeyRange.prefix("k"))))
        .containsExactly("k0", "k1", "k2", "k3", "k4", "k5", "k6");
  }

  @Test
  void pagesAreTheSameQueryAndDifferInTheTokenOnly() {
    keys(client.scan(KeyRange.prefix("k"), RangeOptions.DEFAULT.withReverse().withKeysOnly()));

    assertThat(member.received)
        .hasSize(5)
        .extracting(r -> ((RangeRequest) r).toBuilder().clearPageToken().build())
        .containsOnly(((RangeRequest) member.received.get(0)).toBuilder().clearPageToken().build());
    assertThat(member.received)
        .extracting(r -> ((RangeRequest) r).getPageToken().toStringUtf8())
        .containsExactly("", "2", "4", "40", "6");
  }

  @Test
  void theRevisionOfAScanIsThatOfItsFirstPage() {
    Scan.Cursor cursor = client.scan(KeyRange.all()).iterator();
    assertThat(cursor.revision()).isEqualTo(100);
    cursor.forEachRemaining(kv -> {});

    assertThat(cursor.revision()).isEqualTo(100);
    assertThatThrownBy(cursor::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void theLimitOfAScanCountsOverAllPages() {
    assertThat(keys(client.scan(KeyRange.all(), RangeOptions.DEFAULT.withLimit(3))))
        .containsExactly("k0", "k1", "k2");
    assertThat(member.received).hasSize(2);
  }

  @Test
  void eachIteratorIsAScanOfItsOwn() {
    Scan scan = client.scan(KeyRange.all());

    assertThat(keys(scan)).isEqualTo(keys(scan)).hasSize(7);
  }

  @Test
  void aCompactedRevisionEndsAScanWithAnError() {
    Scan.Cursor cursor = client.scan(KeyRange.all()).iterator();
    cursor.next();
    cursor.next();
    member.behaviour = r -> error(Code.OUT_OF_RANGE, "COMPACTED", "read", Map.of("revision", "9"));

    assertThatThrownBy(() -> cursor.forEachRemaining(kv -> {}))
        .isInstanceOfSatisfying(
            KvException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.COMPACTED);
              assertThat(e.revision()).hasValue(9);
            });
  }
}
