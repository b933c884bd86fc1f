/**
 * Where threads begin: the lanes that drive the core, the log and the state machine. A lane has a
 * thread of its own; while it is idle, whoever brings it something runs its turn instead: see
 * {@code Loan}.
 *
 * <p>Imports {@code raft}, {@code raft.core}, a queue and a logger.
 */
@NullMarked
package io.raftkv.raft.node;

import org.jspecify.annotations.NullMarked;
