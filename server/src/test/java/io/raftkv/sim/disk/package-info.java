/**
 * Disks of simulated machines: what is synced survives a crash, of the rest a prefix may. They
 * implement the ports of {@code raft}, count every operation as a point at which the process may
 * end, and show each one to the rules before it takes effect.
 */
@NullMarked
package io.raftkv.sim.disk;

import org.jspecify.annotations.NullMarked;
