package io.raftkv.raft;

/**
 * What can be tuned. Times are in ticks, because the core knows no clock.
 *
 * @param heartbeatTicks a leader speaks to every follower at least this often
 * @param electionTicks a follower that hears nothing for this long, up to twice as long, campaigns
 * @param reconnectTicksMax when the connection to the leader breaks, a pre-vote starts after 1 to
 *     this many ticks
 * @param appendEntriesMax entries in one AppendEntries at most
 * @param appendBytesMax bytes of entries in one AppendEntries at most, unless a single one is
 *     larger
 * @param inflightMessagesMax AppendEntries to one follower that may be unanswered
 * @param inflightBytesMax bytes of entries to one follower that may be unanswered
 * @param tailBytes entries kept in memory for followers and apply; what is not yet durable is kept
 *     in any case
 * @param tailDoneBytes of those that nobody lacks any more, that much
 * @param uncommittedBytesMax proposals are refused while the leader's uncommitted entries, or those
 *     its own disk does not have yet, exceed this
 * @param snapshotEntries a snapshot is taken after this many applied entries
 * @param snapshotBytes or after this many bytes of them
 * @param snapshotLogPercent but not before the entries since the last one take so many percent of
 *     its state, before compression: of a large state, snapshots are rare
 * @param trailingEntries entries kept in the log behind a snapshot, for followers that lag a little
 */
public record RaftOptions(
    int heartbeatTicks,
    int electionTicks,
    int reconnectTicksMax,
    int appendEntriesMax,
    int appendBytesMax,
    int inflightMessagesMax,
    long inflightBytesMax,
    long tailBytes,
    long tailDoneBytes,
    long uncommittedBytesMax,
    long snapshotEntries,
    long snapshotBytes,
    int snapshotLogPercent,
    long trailingEntries) {
  /** Ticks of 10 ms: heartbeats of 100 ms, an election timeout of 1 s. */
  public static final RaftOptions DEFAULT =
      new RaftOptions(
          10, 100, 5, 4096, 1 << 20, 64, 16 << 20, 32 << 20, 2 << 20, 256 << 20, 100_000, 256 << 20,
          25, 5_000);

  public RaftOptions {
    check(heartbeatTicks >= 1, "heartbeat of %s ticks", heartbeatTicks);
    check(electionTicks > heartbeatTicks, "election timeout of %s ticks", electionTicks);
    check(reconnectTicksMax >= 1, "reconnect delay of %s ticks", reconnectTicksMax);
    check(appendEntriesMax >= 1, "%s entries in an append", appendEntriesMax);
    check(appendBytesMax >= 1, "%s bytes in an append", appendBytesMax);
    check(inflightMessagesMax >= 1, "%s messages in flight", inflightMessagesMax);
    check(inflightBytesMax >= 1, "%s bytes in flight", inflightBytesMax);
    check(tailBytes >= 0, "a tail of %s bytes", tailBytes);
    check(tailDoneBytes >= 0, "%s bytes of entries that nobody lacks", tailDoneBytes);
    check(uncommittedBytesMax >= 1, "%s uncommitted bytes", uncommittedBytesMax);
    check(snapshotEntries >= 1, "a snapshot every %s entries", snapshotEntries);
    check(snapshotBytes >= 1, "a snapshot every %s bytes", snapshotBytes);
    check(snapshotLogPercent >= 0, "a snapshot every %s percent", snapshotLogPercent);
    check(trailingEntries >= 0, "%s trailing entries", trailingEntries);
  }

  private static void check(boolean holds, String what, long value) {
    if (!holds) {
      throw new IllegalArgumentException(String.format(what, value) + " is out of range");
    }
  }

  public RaftOptions withTimeouts(int heartbeatTicks, int electionTicks) {
    return new RaftOptions(
        heartbeatTicks,
        electionTicks,
        reconnectTicksMax,
        appendEntriesMax,
        appendBytesMax,
        inflightMessagesMax,
        inflightBytesMax,
        tailBytes,
        tailDoneBytes,
        uncommittedBytesMax,
        snapshotEntries,
        snapshotBytes,
        snapshotLogPercent,
        trailingEntries);
  }

  public RaftOptions withSnapshots(long entries, long bytes, long trailingEntries) {
    return new RaftOptions(
        heartbeatTicks,
        electionTicks,
        reconnectTicksMax,
        appendEntriesMax,
        appendBytesMax,
        inflightMessagesMax,
        inflightBytesMax,
        tailBytes,
        tailDoneBytes,
        uncommittedBytesMax,
        entries,
        bytes,
        snapshotLogPercent,
        trailingEntries);
  }
}
