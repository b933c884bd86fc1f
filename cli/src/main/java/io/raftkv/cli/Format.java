package io.raftkv.cli;

/** How an answer is written. */
enum Format {
  TEXT,
  JSON,
  TABLE
}
