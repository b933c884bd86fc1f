package io.raftkv.cli.bench;

import java.time.Duration;

/**
 * What is to be measured.
 *
 * @param clients requests under way: exactly so many, or with a rate at most
 * @param keys that are written, or read, at random
 * @param valueBytes of each value
 * @param ratePerSecond 0: the next request leaves when the one before it was answered
 * @param warmup before each measurement counts
 * @param duration of each measurement
 * @param repeats how many measurements
 */
public record BenchPlan(
    Work work,
    int clients,
    int keys,
    int valueBytes,
    double ratePerSecond,
    Duration warmup,
    Duration duration,
    int repeats) {

  boolean isClosedLoop() {
    return ratePerSecond == 0;
  }
}
