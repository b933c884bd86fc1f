/**
 * What must hold in every world, one class per rule with its place in the Raft paper (Ongaro and
 * Ousterhout 2014, extended version). Rules see the machine that just did something and compare it
 * with {@link io.raftkv.sim.rule.Truth}; they keep their work in proportion to what changed.
 */
@NullMarked
package io.raftkv.sim.rule;

import org.jspecify.annotations.NullMarked;
