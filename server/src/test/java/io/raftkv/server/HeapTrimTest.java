package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A heap that is mostly empty is made smaller, and not again at once. */
final class HeapTrimTest {
  private static final long MB = 1 << 20;

  private long used;
  private long heap;
  private int markings;
  private final HeapTrim trim = new HeapTrim(() -> used, () -> heap, 1_000 * MB, () -> markings++);

  private void heap(long heapMb, long usedMb) {
    heap = heapMb * MB;
    used = usedMb * MB;
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      trim.run();
    }
  }

  @Test
  void mostlyEmptyHeapIsMarkedOnceInAWhile() {
    heap(1_200, 500);
    look(HeapTrim.LOOKS_BETWEEN);
    assertThat(markings).isZero();
    look(1);
    assertThat(markings).isEqualTo(1);
    look(HeapTrim.LOOKS_BETWEEN);
    assertThat(markings).isEqualTo(1);
    look(1);
    assertThat(markings).isEqualTo(2);
  }

  @Test
  void heapThatIsInUseIsLeftAloneUntilItIsNot() {
    heap(1_100, 500);
    look(10 * HeapTrim.LOOKS_BETWEEN);
    assertThat(markings).isZero();
    heap(1_100, 400);
    look(1);
    assertThat(markings).isEqualTo(1);
  }

  @Test
  void heapThatCannotBecomeSmallerIsLeftAlone() {
    heap(1_000, 20);
    look(10 * HeapTrim.LOOKS_BETWEEN);
    assertThat(markings).isZero();
  }

  @Test
  void someMoreThanTwiceOfWhatIsInUseIsLeftAlone() {
    heap(1_120, 496);
    look(10 * HeapTrim.LOOKS_BETWEEN);
    assertThat(markings).isZero();
  }

  @Test
  void processWhoseCollectionsWouldStopItIsLeftAlone() {
    // The tests run without -XX:+ExplicitGCInvokesConcurrent.
    assertThat(HeapTrim.ofThisProcess()).isEmpty();
  }
}
