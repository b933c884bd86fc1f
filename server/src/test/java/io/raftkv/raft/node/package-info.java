/** Tests of the lanes, in lanes that the test runs itself. */
@NullMarked
package io.raftkv.raft.node;

import org.jspecify.annotations.NullMarked;
