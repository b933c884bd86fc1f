package io.raftkv.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteSequenceTest {
  private final Random random = new Random(4711);

  private byte[] randomBytes() {
    byte[] bytes = new byte[random.nextInt(6)];
    for (int i = 0; i < bytes.length; i++) {
      // Few values, so that prefixes and equal sequences are frequent, and both signs.
      bytes[i] = (byte) (random.nextInt(4) * 85);
    }
    return bytes;
  }

  @Test
  void orderIsThatOfUnsignedBytesAndAgreesWithEquals() {
    for (int i = 0; i < 20_000; i++) {
      byte[] a = randomBytes();
      byte[] b = randomBytes();
      ByteSequence left = ByteSequence.of(a);
      ByteSequence right = ByteSequence.of(b);

      assertThat(Integer.signum(left.compareTo(right)))
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(a, b)))
          .isEqualTo(-Integer.signum(right.compareTo(left)));
      assertThat(left.equals(right)).isEqualTo(left.compareTo(right) == 0);
      if (left.equals(right)) {
        assertThat(left).hasSameHashCodeAs(right);
      }
      assertThat(left.concat(right).startsWith(left)).isTrue();
      assertThat(left.concat(right).size()).isEqualTo(a.length + b.length);
      assertThat(left.toByteArray()).isEqualTo(a);
    }
  }

  @Test
  void nobodyCanChangeTheBytes() {
    byte[] given = {1, 2, 3};
    ByteSequence sequence = ByteSequence.of(given);
    given[0] = 9;
    sequence.toByteArray()[1] = 9;

    assertThat(sequence).isEqualTo(ByteSequence.of(new byte[] {1, 2, 3}));
    assertThat(sequence.asByteBuffer().isReadOnly()).isTrue();
  }

  @Test
  void textIsUtf8() {
    assertThat(ByteSequence.of("naïve €").utf8()).isEqualTo("naïve €");
    assertThat(ByteSequence.of(new byte[] {(byte) 0xff}).strictUtf8()).isEmpty();
    assertThat(ByteSequence.of("").isEmpty()).isTrue();
  }

  @Test
  void whatIsPrintedIsOneLineWithoutControlCharacters() {
    assertThat(ByteSequence.of("city/Zürich")).hasToString("city/Zürich");
    assertThat(ByteSequence.of("a\nb")).hasToString("0x610a62");
    assertThat(ByteSequence.of("\u001b[31m")).hasToString("0x1b5b33316d");
    assertThat(ByteSequence.of("\u202egpj")).hasToString("0xe280ae67706a");
    assertThat(ByteSequence.of(new byte[] {(byte) 0xff, 0})).hasToString("0xff00");
    assertThat(ByteSequence.of(new byte[1000]).toString()).hasSize(530).endsWith("(1000 bytes)");
  }
}
