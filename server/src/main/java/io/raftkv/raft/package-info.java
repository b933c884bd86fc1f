/**
 * The vocabulary of Raft and the ports of the node: no threads, no I/O, {@code java.*} only.
 *
 * <p>The ports are {@link io.raftkv.raft.LogStore}, {@link io.raftkv.raft.StableStore}, {@link
 * io.raftkv.raft.SnapshotStore}, {@link io.raftkv.raft.Transport} and {@link
 * io.raftkv.raft.StateMachine}. Messages are here too, because {@code Transport} speaks them.
 */
@NullMarked
package io.raftkv.raft;

import org.jspecify.annotations.NullMarked;
