package io.raftkv.cli.bench;

/** What is asked of the servers. */
public enum Work {
  PUT,
  GET,
  /** Puts and gets, one half each. */
  MIXED,
  /** All keys, from the first to the last, again and again. */
  SCAN
}
