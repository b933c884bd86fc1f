/** The network between simulated processes: slow, lossy, partitioned, but ordered like streams. */
@NullMarked
package io.raftkv.sim.net;

import org.jspecify.annotations.NullMarked;
