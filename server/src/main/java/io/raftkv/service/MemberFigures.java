package io.raftkv.service;

import java.util.List;

/** What the status tells that neither the node nor the store knows. For any thread; quick. */
public interface MemberFigures {
  /** Bytes of the log on disk. */
  long logBytes();

  /** Bytes of the newest snapshot on disk; 0 if there is none. */
  long snapshotBytes();

  /** What needs an operator; empty when all is well. */
  List<String> alarms();
}
