package io.raftkv.raft;

import java.util.List;

/**
 * What members say to each other. All are immutable.
 *
 * <p>{@code term} is the sender's term, with one exception: a pre-vote request, and a granted
 * answer to it, carry the term that the election would have.
 */
public sealed interface Message {
  /** What shares a connection. Streams do not wait for each other. */
  enum Stream {
    /** Votes, heartbeats, reads: small, and never behind entries. */
    CONTROL,
    /** AppendEntries and its answers. */
    REPLICATION,
    /** Chunks of snapshots and their answers. */
    SNAPSHOT,
    /** Requests that clients gave to a follower, and their answers. */
    FORWARD
  }

  MemberId from();

  MemberId to();

  long term();

  Stream stream();

  /**
   * RequestVote (Raft paper 5.2, 5.4.1), or the question whether it would be granted.
   *
   * @param last the last entry of the candidate's log
   * @param isPreVote asks only (thesis 9.6)
   * @param isTransfer the leader wants this election: stickiness does not apply
   */
  record VoteRequest(
      MemberId from, MemberId to, long term, EntryId last, boolean isPreVote, boolean isTransfer)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  record VoteResponse(MemberId from, MemberId to, long term, boolean isGranted, boolean isPreVote)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  /**
   * AppendEntries (Raft paper 5.3).
   *
   * @param previous the entry before {@code entries}
   * @param entries without gaps, from {@code previous.index() + 1} on; may be empty
   * @param commitIndex of the leader
   */
  record AppendRequest(
      MemberId from,
      MemberId to,
      long term,
      EntryId previous,
      List<LogEntry> entries,
      long commitIndex)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.REPLICATION;
    }
  }

  /**
   * Answer to AppendEntries, and to an installed snapshot.
   *
   * @param matchIndex on success: up to here the follower's log is durable and agrees with the
   *     leader's
   * @param rejectedIndex on refusal: the previous index that did not fit; else 0
   * @param conflict on refusal: where the follower says the logs may agree at best. Its last entry,
   *     if that is before the refused index; else the term that it has at the refused index, with
   *     the first index of that term
   */
  record AppendResponse(
      MemberId from,
      MemberId to,
      long term,
      boolean isSuccess,
      long matchIndex,
      long rejectedIndex,
      EntryId conflict)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.REPLICATION;
    }
  }

  /**
   * Keeps followers from campaigning and confirms leadership. Never behind entries or a disk.
   *
   * @param commitIndex what the leader knows to be committed, at most the follower's match index
   * @param readSequence answered with the same number, and so confirms reads up to it
   * @param leaderCommitIndex everything that is committed in the cluster is at or before it; who
   *     has applied that much is as new as the leader
   * @param state what the leader's state hashed to at some entry, for whoever has not answered yet
   *     that its own did, too
   * @param agreedIndex up to here a quorum has the leader's state
   */
  record HeartbeatRequest(
      MemberId from,
      MemberId to,
      long term,
      long commitIndex,
      long readSequence,
      long leaderCommitIndex,
      StateSample state,
      long agreedIndex)
      implements Message {
    /** With nothing to say of the state. */
    public HeartbeatRequest(
        MemberId from,
        MemberId to,
        long term,
        long commitIndex,
        long readSequence,
        long leaderCommitIndex) {
      this(from, to, term, commitIndex, readSequence, leaderCommitIndex, StateSample.NONE, 0);
    }

    /** From a leader that has committed nothing which the follower does not know. */
    public HeartbeatRequest(
        MemberId from, MemberId to, long term, long commitIndex, long readSequence) {
      this(from, to, term, commitIndex, readSequence, commitIndex);
    }

    public HeartbeatRequest with(StateSample sample, long agreed) {
      return new HeartbeatRequest(
          from, to, term, commitIndex, readSequence, leaderCommitIndex, sample, agreed);
    }

    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  /**
   * A follower, or a member that is ahead, answers.
   *
   * @param room what the follower's disk can take; never UNKNOWN
   * @param state what the answerer's state hashed to where the leader asked; may be none
   */
  record HeartbeatResponse(
      MemberId from, MemberId to, long term, long readSequence, Room room, StateSample state)
      implements Message {
    public HeartbeatResponse(MemberId from, MemberId to, long term, long readSequence, Room room) {
      this(from, to, term, readSequence, room, StateSample.NONE);
    }

    /** Of a follower that has room. */
    public HeartbeatResponse(MemberId from, MemberId to, long term, long readSequence) {
      this(from, to, term, readSequence, Room.ENOUGH);
    }

    public HeartbeatResponse with(StateSample sample) {
      return new HeartbeatResponse(from, to, term, readSequence, room, sample);
    }

    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  /** The leader hands over: campaign at once (thesis 3.10). */
  record TimeoutNow(MemberId from, MemberId to, long term) implements Message {
    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  /** A follower asks for an index at which it may read (thesis 6.4). */
  record ReadIndexRequest(MemberId from, MemberId to, long term, long readId) implements Message {
    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  /**
   * Answer to it.
   *
   * @param index once this is applied, the follower may read
   * @param isConfirmed false: the asked member does not lead; {@code index} means nothing
   */
  record ReadIndexResponse(
      MemberId from, MemberId to, long term, long readId, long index, boolean isConfirmed)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.CONTROL;
    }
  }

  /**
   * A snapshot from {@code from} has arrived whole and is durable here. Never on the wire: the
   * snapshot lane says it to its own core.
   */
  record SnapshotReceived(MemberId from, MemberId to, long term, SnapshotMeta meta)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.SNAPSHOT;
    }
  }

  /**
   * A piece of a snapshot file.
   *
   * @param last the last entry that the snapshot includes
   * @param crc CRC32C of {@code data}
   */
  record SnapshotChunk(
      MemberId from,
      MemberId to,
      long term,
      EntryId last,
      long totalBytes,
      long offset,
      byte[] data,
      int crc)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.SNAPSHOT;
    }
  }

  /**
   * Answer to a chunk.
   *
   * @param nextOffset where the next one should start; the total once all is there
   * @param isRefused the receiver gave this transfer up
   */
  record SnapshotAck(
      MemberId from, MemberId to, long term, long snapshotIndex, long nextOffset, boolean isRefused)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.SNAPSHOT;
    }
  }

  /**
   * A command that a client gave to a follower. The core never sees it.
   *
   * @param forwardId unique per sender while it runs
   */
  record Forward(MemberId from, MemberId to, long term, long forwardId, byte[] command)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.FORWARD;
    }
  }

  /**
   * A leadership transfer that a client asked of a follower.
   *
   * @param target {@link MemberId#NONE} for the member that is most up to date
   */
  record ForwardTransfer(MemberId from, MemberId to, long term, long forwardId, MemberId target)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.FORWARD;
    }
  }

  /** A change of the members that somebody asked of a follower. */
  record ForwardChange(
      MemberId from, MemberId to, long term, long forwardId, MembershipChange change)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.FORWARD;
    }
  }

  /**
   * Answer to what was forwarded.
   *
   * @param failure 0: success; else 1 + the ordinal of a {@link RaftException.Reason}
   */
  record ForwardResult(
      MemberId from, MemberId to, long term, long forwardId, int failure, byte[] result)
      implements Message {
    @Override
    public Stream stream() {
      return Stream.FORWARD;
    }
  }
}
