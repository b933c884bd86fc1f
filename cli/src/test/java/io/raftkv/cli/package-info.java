/** Tests of kvctl, in process against a store of its own protocol on a loopback socket. */
@NullMarked
package io.raftkv.cli;

import org.jspecify.annotations.NullMarked;
