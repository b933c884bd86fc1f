package io.raftkv.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Has the heap made smaller when little of it is in use. G1 gives memory back only where it has
 * marked what lives, and by itself it marks when the heap is nearly full: so under a steady load a
 * heap grows with every peak, and never shrinks. This asks for one more marking just when most of
 * the garbage has gone; how much of the heap stays free then, {@code -XX:MaxHeapFreeRatio} says.
 *
 * <p>One for a process. The marking runs beside everything else, and {@link #run} waits for its
 * end: on a thread of its own.
 */
final class HeapTrim implements Runnable {
  /** How often to look, how full the heap is. */
  static final Duration PERIOD = Duration.ofSeconds(1);

  /**
   * Looks between two markings at least: with a million keys one takes half a second of a
   * processor.
   */
  static final int LOOKS_BETWEEN = 10;

  /** Beyond twice of what is in use, that much heap is not worth a marking. */
  static final long SLACK_BYTES = 128 << 20;

  private static final String OLD = "G1 Old Gen";

  private final LongSupplier usedBytes;
  private final LongSupplier heapBytes;
  private final long leastBytes;
  private final Runnable marking;

  /** Looks that pass before the next marking. */
  private int rest = LOOKS_BETWEEN;

  /**
   * @param usedBytes what of the heap has outlived young collections, as of the latest collection
   * @param heapBytes what the heap takes
   * @param leastBytes a heap is not made smaller than that ({@code -Xms})
   * @param marking returns when it has ended
   */
  HeapTrim(LongSupplier usedBytes, LongSupplier heapBytes, long leastBytes, Runnable marking) {
    this.usedBytes = usedBytes;
    this.heapBytes = heapBytes;
    this.leastBytes = leastBytes;
    this.marking = marking;
  }

  /** Empty where asking for a collection would stop every thread for all of it. */
  static Optional<HeapTrim> ofThisProcess() {
    Optional<MemoryPoolMXBean> old =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getName().equals(OLD))
            .findFirst();
    if (old.isEmpty() || !isConcurrent()) {
      return Optional.empty();
    }
    var memory = ManagementFactory.getMemoryMXBean();
    return Optional.of(
        new HeapTrim(
            () -> old.get().getUsage().getUsed(),
            () -> memory.getHeapMemoryUsage().getCommitted(),
            memory.getHeapMemoryUsage().getInit(),
            System::gc));
  }

  private static boolean isConcurrent() {
    // Whoever has pools of G1 is a HotSpot, and knows the option.
    var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return Boolean.parseBoolean(options.getVMOption("ExplicitGCInvokesConcurrent").getValue());
  }

  @Override
  public void run() {
    if (rest > 0) {
      rest--;
    } else if (isTooLarge(heapBytes.getAsLong())) {
      marking.run();
      rest = LOOKS_BETWEEN;
    }
  }

  private boolean isTooLarge(long bytes) {
    return bytes > leastBytes && bytes > 2 * usedBytes.getAsLong() + SLACK_BYTES;
  }
}
