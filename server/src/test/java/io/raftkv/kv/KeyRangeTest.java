package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyRangeTest {
  @Test
  void prefixHoldsWhatBeginsWithIt() {
    KeyRange range = KeyRange.prefix(new byte[] {1, (byte) 0xFF});

    assertThat(range.contains(new byte[] {1, (byte) 0xFF})).isTrue();
    assertThat(range.contains(new byte[] {1, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF})).isTrue();
    assertThat(range.contains(new byte[] {2})).isFalse();
    assertThat(range.contains(new byte[] {1, (byte) 0xFE, 9})).isFalse();
    assertThat(range.endExclusiveOrNull()).isEqualTo(new byte[] {2});
  }

  @Test
  void prefixOfHighestBytesHasNoEnd() {
    assertThat(KeyRange.prefix(new byte[] {-1, -1}).endExclusiveOrNull()).isNull();
    assertThat(KeyRange.prefix(new byte[] {-1}).contains(new byte[] {-2})).isFalse();
    assertThat(KeyRange.prefix(new byte[0])).isEqualTo(KeyRange.all());
  }

  @Test
  void singleHoldsOneKey() {
    KeyRange range = KeyRange.single(new byte[] {5});

    assertThat(range.contains(new byte[] {5})).isTrue();
    assertThat(range.contains(new byte[] {5, 0})).isFalse();
    assertThat(range.contains(new byte[] {4, -1})).isFalse();
  }

  @Test
  void bytesOrderAsUnsigned() {
    KeyRange range = KeyRange.of(new byte[] {0x7F}, new byte[] {(byte) 0x81});

    assertThat(range.contains(new byte[] {(byte) 0x80})).isTrue();
    assertThat(range.isEmpty()).isFalse();
    assertThat(KeyRange.of(new byte[] {(byte) 0x81}, new byte[] {0x7F}).isEmpty()).isTrue();
  }
}
