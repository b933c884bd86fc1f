/**
 * Messages between members over gRPC: {@link io.raftkv.transport.GrpcTransport} is the {@link
 * io.raftkv.raft.Transport} of a real cluster.
 *
 * <p>Each member dials each other one three times, so that votes and heartbeats never stand behind
 * entries, nor entries behind snapshots:
 *
 * <pre>
 *   CONTROL      RequestVote Heartbeat TimeoutNow ReadIndex Forward     loop 0
 *   REPLICATION  AppendEntries                                          loop 1
 *   SNAPSHOT     InstallSnapshot                                        loop 1
 * </pre>
 *
 * With fewer than four processors there is one loop only, which serves the clients, too.
 *
 * <p>Requests leave on streams that this member opened; answers return on the stream that the peer
 * opened. A stream counts once both ends know who the other one is: see {@code Handshake}.
 *
 * <p>Imports {@code raft}, the peer proto and gRPC. Runs on Netty's loops, where nothing waits;
 * {@code send} is for any thread and only queues.
 */
@NullMarked
package io.raftkv.transport;

import org.jspecify.annotations.NullMarked;
