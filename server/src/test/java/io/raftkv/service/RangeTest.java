package io.raftkv.service;

import static io.raftkv.service.ServiceHarness.assertRefused;
import static io.raftkv.service.ServiceHarness.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.raftkv.kv.Commands;
import io.raftkv.kv.KvLimits;
import io.raftkv.kv.KvStateMachine;
import io.raftkv.proto.v1.KeyValue;
import io.raftkv.proto.v1.RangeRequest;
import io.raftkv.proto.v1.RangeResponse;
import io.raftkv.proto.v1.ReadOptions;
import io.raftkv.proto.v1.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RangeTest {
  private final KvStateMachine replica = new KvStateMachine(KvLimits.DEFAULT);
  private final ServiceHarness harness =
      new ServiceHarness(
          ServiceLimits.DEFAULT.withPages(4, 6, 1_000),
          ServiceHarness.CLUSTER_ID,
          new KvStateMachine(KvLimits.DEFAULT),
          replica);

  @BeforeEach
  void fill() {
    for (int i = 0; i < 10; i++) {
      harness.put("k" + i, "v" + i);
    }
  }

  @AfterEach
  void close() {
    harness.assertNothingInFlight();
    harness.close();
  }

  private static RangeRequest.Builder all() {
    return RangeRequest.newBuilder();
  }

  private RangeResponse range(RangeRequest.Builder request) {
    return harness.kv.range(request.build());
  }

  private static List<String> keys(RangeResponse response) {
    return response.getKvsList().stream().map(kv -> kv.getKey().toStringUtf8()).toList();
  }

  @Test
  void pageHasTheKeysOfTheRangeInOrder() {
    assertThat(keys(range(all().setStart(bytes("k2")).setEnd(bytes("k5")))))
        .containsExactly("k2", "k3", "k4");
    assertThat(keys(range(all().setStart(bytes("k8"))))).containsExactly("k8", "k9");
    assertThat(keys(range(all().setEnd(bytes("k2"))))).containsExactly("k0", "k1");
    assertThat(keys(range(all().setKey(bytes("k3"))))).containsExactly("k3");
    assertThat(keys(range(all().setPrefix(bytes("k7"))))).containsExactly("k7");
    assertThat(keys(range(all().setStart(bytes("k7")).setReverse(true))))
        .containsExactly("k9", "k8", "k7");
  }

  @ParameterizedTest
  @CsvSource({"b, a", "a, a", "k5, ''"})
  void rangeWhoseStartIsNotBelowItsEndIsEmpty(String start, String end) {
    RangeResponse response = range(all().setStart(bytes(start)).setEnd(bytes(end)));
    assertThat(response.getKvsCount()).isZero();
    assertThat(response.getNextPageToken().isEmpty()).isTrue();
  }

  @Test
  void pageIsBoundedByTheLimitTheDefaultAndTheCap() {
    assertThat(range(all().setLimit(2)).getKvsCount()).isEqualTo(2);
    assertThat(range(all()).getKvsCount()).isEqualTo(4);
    assertThat(range(all().setLimit(1L << 31)).getKvsCount()).isEqualTo(6);
    assertThat(range(all().setLimit(Long.MAX_VALUE)).getCount()).isEqualTo(6);
  }

  @Test
  void pageIsBoundedInBytesButNeverEmpty() {
    var unused =
        harness.kv.put(
            ServiceHarness.putRequest("k0", "").setValue(ServiceHarness.bytes(5_000)).build());
    assertThat(keys(range(all()))).containsExactly("k0");
    assertThat(keys(range(all().setKeysOnly(true)))).containsExactly("k0", "k1", "k2", "k3");
  }

  @ParameterizedTest
  @CsvSource({"false, 1", "true, 1", "false, 3", "true, 3", "false, 5", "true, 5", "false, 10"})
  void pagesTogetherHaveEveryKeyOnce(boolean isReverse, int limit) {
    List<String> read = new ArrayList<>();
    ByteString token = ByteString.EMPTY;
    do {
      RangeResponse page = range(all().setReverse(isReverse).setLimit(limit).setPageToken(token));
      read.addAll(keys(page));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      expected.add("k" + i);
    }
    if (isReverse) {
      Collections.reverse(expected);
    }
    assertThat(read).isEqualTo(expected);
  }

  @Test
  void lastPageHasNoTokenEvenIfItIsFull() {
    assertThat(range(all().setPrefix(bytes("k")).setStart(bytes("k6")).clearPrefix().setLimit(4)))
        .satisfies(page -> assertThat(page.getKvsCount()).isEqualTo(4))
        .satisfies(page -> assertThat(page.getNextPageToken().isEmpty()).isTrue());
  }

  @Test
  void pagesShowOneRevisionWhateverIsWrittenBetween() {
    RangeResponse first = range(all().setLimit(4));
    harness.put("k1x", "new");
    harness.put("k5", "changed");
    var unused =
        harness.kv.delete(
            io.raftkv.proto.v1.DeleteRequest.newBuilder().setKey(bytes("k6")).build());
    RangeResponse second = range(all().setLimit(6).setPageToken(first.getNextPageToken()));
    assertThat(keys(second)).containsExactly("k4", "k5", "k6", "k7", "k8", "k9");
    assertThat(second.getKvs(1).getValue()).isEqualTo(bytes("v5"));
    assertThat(second.getHeader().getRevision()).isEqualTo(first.getHeader().getRevision());
  }

  @Test
  void tokenIsGoodOnEveryMemberOfTheCluster() {
    RangeResponse first = range(all().setLimit(4));
    harness.put("k5", "changed");
    try (ServiceHarness other =
        new ServiceHarness(ServiceLimits.DEFAULT, ServiceHarness.CLUSTER_ID, replica)) {
      RangeResponse second = other.kv.range(all().setPageToken(first.getNextPageToken()).build());
      assertThat(keys(second)).containsExactly("k4", "k5", "k6", "k7", "k8", "k9");
      assertThat(second.getKvs(1).getValue()).isEqualTo(bytes("v5"));
    }
  }

  @Test
  void tokenOfAnotherClusterIsRefused() {
    RangeResponse first = range(all().setLimit(4));
    try (ServiceHarness other = new ServiceHarness(ServiceLimits.DEFAULT, 0xC2, replica)) {
      assertRefused(
          () -> other.kv.range(all().setPageToken(first.getNextPageToken()).build()),
          Reason.BAD_PAGE_TOKEN,
          "not_applied");
    }
  }

  @Test
  void tokenOfAnotherQueryIsRefused() {
    ByteString token = range(all().setLimit(4)).getNextPageToken();
    List<RangeRequest.Builder> others =
        List.of(
            all().setPrefix(bytes("k")),
            all().setStart(bytes("a")),
            all().setEnd(bytes("z")),
            all().setReverse(true),
            all().setKeysOnly(true),
            all().setRead(ReadOptions.newBuilder().setAtRevision(3)));
    for (RangeRequest.Builder other : others) {
      assertRefused(() -> range(other.setPageToken(token)), Reason.BAD_PAGE_TOKEN, "not_applied");
    }
    // The size of the page is not part of the query.
    assertThat(keys(range(all().setLimit(1).setPageToken(token)))).containsExactly("k4");
  }

  @Test
  void forgedTokenIsRefusedWhereverItWasChanged() {
    byte[] token = range(all().setLimit(4)).getNextPageToken().toByteArray();
    for (int i = 0; i < token.length; i++) {
      byte[] forged = token.clone();
      forged[i] ^= 1;
      assertRefused(
          () -> range(all().setPageToken(ByteString.copyFrom(forged))),
          Reason.BAD_PAGE_TOKEN,
          "not_applied");
    }
  }

  @Test
  void tokenOfACompactedRevisionSaysSo() {
    ByteString token = range(all().setLimit(4)).getNextPageToken();
    harness.put("k0", "x");
    harness.consensus.propose(Commands.compact(11));
    assertRefused(() -> range(all().setPageToken(token)), Reason.COMPACTED, "read");
  }

  @Test
  void rangeAtARevisionSeesThePast() {
    RangeResponse response = range(all().setRead(ReadOptions.newBuilder().setAtRevision(2)));
    assertThat(keys(response)).containsExactly("k0", "k1");
    assertThat(response.getHeader().getRevision()).isEqualTo(2);
  }

  @Test
  void countCountsTheWholeRange() {
    RangeResponse response = range(all().setCountOnly(true).setLimit(1));
    assertThat(response.getCount()).isEqualTo(10);
    assertThat(response.getKvsCount()).isZero();
    assertThat(range(all().setCountOnly(true).setStart(bytes("k8"))).getCount()).isEqualTo(2);
  }

  @Test
  void keysOnlyLeavesTheValuesOut() {
    assertThat(range(all().setKeysOnly(true)).getKvsList())
        .hasSize(4)
        .allMatch(kv -> kv.getValue().isEmpty())
        .extracting(KeyValue::getModRevision)
        .containsExactly(1L, 2L, 3L, 4L);
  }
}
