package io.raftkv.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
  @Test
  void endpointsAreReadFromAList() {
    assertThat(Endpoint.parseList("a:1, B:2,[::1]:3,a:1"))
        .isEqualTo(List.of(new Endpoint("a", 1), new Endpoint("b", 2), new Endpoint("::1", 3)));
    assertThat(Endpoint.parse("[::1]:3")).hasToString("[::1]:3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a", "a:", ":1", "a:0", "a:65536", "a:x", "::1:3", "a:1,", "http://a:1"})
  void whatIsNoEndpointIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Endpoint.parseList(text));
  }

  @Test
  void contradictionsAreRefusedWhenTheyAreWritten() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PutOptions.DEFAULT.withIfAbsent().withIfRevision(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PutOptions.DEFAULT.withTtl(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> RangeOptions.DEFAULT.withLimit(-1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ReadOptions.DEFAULT.withConsistency(Consistency.BOUNDED));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClientOptions.of("a:1").withTimeout(Duration.ofSeconds(-1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyRange.between(ByteSequence.of("b"), ByteSequence.of("a")));
  }

  @Test
  void optionsDoNotChange() {
    RangeOptions before = RangeOptions.DEFAULT;
    before.withLimit(7).withReverse().withKeysOnly();

    assertThat(RangeOptions.DEFAULT)
        .isEqualTo(
            new RangeOptions(0, ByteSequence.EMPTY, false, false, ReadOptions.DEFAULT, null));
  }
}
