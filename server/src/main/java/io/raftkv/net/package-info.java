/**
 * What the client port and the peer port have in common below gRPC: who may connect.
 *
 * <p>May import Netty, as gRPC ships it. Runs on network loops.
 */
@NullMarked
package io.raftkv.net;

import org.jspecify.annotations.NullMarked;
