/**
 * Virtual time, the queue of events, seeded randomness and the trace: what a simulated world runs
 * on. Knows nothing of Raft but the ports that it replaces. One world is one thread.
 */
@NullMarked
package io.raftkv.sim.engine;

import org.jspecify.annotations.NullMarked;
