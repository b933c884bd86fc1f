package io.raftkv.storage;

/**
 * Remembers, outside of the log, how far the log was durable at some time. A log that ends before
 * has lost what was synced; without the mark, a damaged end cannot be told from one that a crash
 * cut short.
 *
 * <p>For any thread.
 */
interface DurableMark {
  /** For a log that is not watched. */
  DurableMark NONE =
      new DurableMark() {
        @Override
        public long durableSequence() {
          return 0;
        }

        @Override
        public void noteDurable(long sequence) {}
      };

  /** Records with a lower sequence were durable; 0: nothing is known. */
  long durableSequence();

  /** Notes, durably, that all records with a lower sequence are. No effect if that was known. */
  void noteDurable(long sequence);
}
