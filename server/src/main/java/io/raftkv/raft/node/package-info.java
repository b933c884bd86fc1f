/**
 * Where threads begin: the lanes that drive the core, the log and the state machine.
 *
 * <p>Imports {@code raft}, {@code raft.core}, a queue and a logger.
 */
@NullMarked
package io.raftkv.raft.node;

import org.jspecify.annotations.NullMarked;
