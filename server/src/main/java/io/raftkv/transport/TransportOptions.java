package io.raftkv.transport;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;

/**
 * Who this member is to its peers, where it listens, and how much it buffers.
 *
 * @param clusterId peers of another cluster are refused
 * @param self peers that look for another member are refused
 * @param listenHost host or address to bind the peer port to
 * @param listenPort 0 for any free one
 * @param clientAddress host:port where clients reach this member, told to every peer
 * @param peerAddress host:port where the other members reach it, told to them; empty: as the
 *     configuration says
 * @param control what may wait for one peer on each stream of control messages
 * @param replication what may wait for one peer to be appended, and of its answers
 * @param snapshot what may wait for one peer of a snapshot, and of its answers
 * @param forward what may wait for one peer of forwarded requests, and of its answers
 */
public record TransportOptions(
    long clusterId,
    MemberId self,
    String listenHost,
    int listenPort,
    String clientAddress,
    String peerAddress,
    Budget control,
    Budget replication,
    Budget snapshot,
    Budget forward) {
  /**
   * What may wait before a stream; more is dropped. A single message is let through whatever its
   * size if nothing else waits.
   */
  public record Budget(int messages, long bytes) {
    public Budget {
      if (messages < 1 || bytes < 1) {
        throw new IllegalArgumentException("budget of " + messages + " messages, " + bytes + " B");
      }
    }
  }

  /** Default budgets: somewhat more than Raft leaves unanswered by its own limits. */
  public static TransportOptions of(
      long clusterId, MemberId self, String listenHost, int listenPort, String clientAddress) {
    return new TransportOptions(
        clusterId,
        self,
        listenHost,
        listenPort,
        clientAddress,
        "",
        new Budget(1024, 1 << 20),
        new Budget(256, 24 << 20),
        new Budget(64, 8 << 20),
        new Budget(1 << 16, 64 << 20));
  }

  /** The same with one budget for every stream. */
  public TransportOptions withBudget(Budget budget) {
    return new TransportOptions(
        clusterId,
        self,
        listenHost,
        listenPort,
        clientAddress,
        peerAddress,
        budget,
        budget,
        budget,
        budget);
  }

  /** The same that tells its peers where they reach it. */
  public TransportOptions withPeerAddress(String address) {
    return new TransportOptions(
        clusterId,
        self,
        listenHost,
        listenPort,
        clientAddress,
        address,
        control,
        replication,
        snapshot,
        forward);
  }

  /** The same with another port to listen on. */
  public TransportOptions withListenPort(int port) {
    return new TransportOptions(
        clusterId,
        self,
        listenHost,
        port,
        clientAddress,
        peerAddress,
        control,
        replication,
        snapshot,
        forward);
  }

  Budget budget(Message.Stream stream) {
    return switch (stream) {
      case CONTROL -> control;
      case REPLICATION -> replication;
      case SNAPSHOT -> snapshot;
      case FORWARD -> forward;
    };
  }
}
