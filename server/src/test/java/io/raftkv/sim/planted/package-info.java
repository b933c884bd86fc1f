/**
 * Bugs that real systems had, planted into the production sources: the simulation has to find each
 * one. The sources themselves hold no hooks for it; a bug replaces one exact snippet, and the
 * changed class is loaded beside the others.
 *
 * <pre>
 * ./mvnw -pl server -am test -Dtest=PlantedBugsTest -Dsurefire.failIfNoSpecifiedTests=false
 *   -Dsim.planted=search     search from seed 1 on, instead of trying the seeds known to find them
 *   -Dsim.planted=REGEX      likewise, only bugs of such names
 * </pre>
 */
@NullMarked
package io.raftkv.sim.planted;

import org.jspecify.annotations.NullMarked;
