/**
 * Deterministic simulation: whole clusters of the production node, in one thread and virtual time,
 * under drawn faults, with what must hold checked after every event. Threads, clocks, sockets and
 * disks are replaced; everything else is what {@code kvd} runs.
 *
 * <pre>
 * ./mvnw -pl server -am test -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false ...
 *   -Dsim.seed=N          one seed, with a report; how a failure is replayed
 *   -Dsim.trace=FILE      with sim.seed: every event of it
 *   -Dsim.seconds=S       consecutive seeds for so long (default 20)
 *   -Dsim.seeds=N         exactly so many instead (default where CI is set: 2200)
 *   -Dsim.from=N          from this seed on (default: from the time of day; 1 where CI is set)
 *   -Dsim.minutes=M       virtual minutes of faults in each world (default 10; then it heals)
 *   -Dsim.threads=T       worlds at a time (default: one for each processor)
 * </pre>
 *
 * <p>A seed that found something goes into {@code sim/regressions.txt} with a line that says what.
 */
@NullMarked
package io.raftkv.sim;

import org.jspecify.annotations.NullMarked;
