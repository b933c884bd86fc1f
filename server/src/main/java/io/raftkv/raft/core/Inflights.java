package io.raftkv.raft.core;

import java.util.ArrayDeque;

/** AppendEntries to one follower that it has not answered yet: a window in messages and bytes. */
final class Inflights {
  private record Sent(long lastIndex, long bytes) {}

  private final ArrayDeque<Sent> window = new ArrayDeque<>();
  private long bytes;

  boolean isFull(int messagesMax, long bytesMax) {
    return window.size() >= messagesMax || bytes >= bytesMax;
  }

  void add(long lastIndex, long messageBytes) {
    window.addLast(new Sent(lastIndex, messageBytes));
    bytes += messageBytes;
  }

  /** The follower has everything up to {@code index}. */
  void freeTo(long index) {
    for (Sent first = window.peekFirst();
        first != null && first.lastIndex <= index;
        first = window.peekFirst()) {
      bytes -= first.bytes;
      window.removeFirst();
    }
  }

  void clear() {
    window.clear();
    bytes = 0;
  }
}
