/**
 * The core by itself: one test per rule of the Raft paper, over {@link io.raftkv.core.CoreCluster},
 * in which nothing moves unless the test moves it.
 */
@NullMarked
package io.raftkv.core;

import org.jspecify.annotations.NullMarked;
