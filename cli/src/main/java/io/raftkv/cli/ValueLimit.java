package io.raftkv.cli;

/**
 * What can be sent at all. More than members take by default (1 MiB), so that their own limit is
 * the one that is usually met, and told.
 */
final class ValueLimit {
  /**
   * gRPC refuses a message of more than 4 MiB without a word of the member; whether the write
   * happened would be unknown.
   */
  static final int BYTES_MAX = 3 << 20;

  private ValueLimit() {}
}
