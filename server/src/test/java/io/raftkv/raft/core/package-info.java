/** Tests of what the core keeps to itself. */
@NullMarked
package io.raftkv.raft.core;

import org.jspecify.annotations.NullMarked;
