/**
 * What the client port and the peer port have in common below gRPC: the threads that move their
 * bytes, and who may connect.
 *
 * <p>May import Netty, as gRPC ships it. Runs on network loops.
 */
@NullMarked
package io.raftkv.net;

import org.jspecify.annotations.NullMarked;
