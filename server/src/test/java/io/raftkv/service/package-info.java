/**
 * The services over an in-process server and a consensus of one, plus one smoke test over Netty.
 */
@NullMarked
package io.raftkv.service;

import org.jspecify.annotations.NullMarked;
