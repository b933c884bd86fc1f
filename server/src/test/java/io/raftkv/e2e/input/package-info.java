/**
 * Bad input for a running member, row by row, and what it answers. {@code run.BadInput} sends all
 * of it; each row is one line of its report.
 *
 * <p>May import gRPC, the protos and nothing of the server: what is sent here is what anybody can
 * send. Used by one thread; callbacks come on Netty's threads.
 */
@NullMarked
package io.raftkv.e2e.input;

import org.jspecify.annotations.NullMarked;
