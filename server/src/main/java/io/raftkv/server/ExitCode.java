package io.raftkv.server;

/** How {@code kvd} ends. */
enum ExitCode {
  /** Stopped as asked, by SIGTERM or SIGINT. */
  OK(0),
  /** The configuration is wrong: nothing was touched. */
  WRONG_CONFIGURATION(2),
  /** The data dir is locked, foreign or damaged. */
  DATA_DIR(3),
  /** A write or a sync failed, or the node found a defect in itself; what is on disk stands. */
  DISK_FAILURE(4);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
