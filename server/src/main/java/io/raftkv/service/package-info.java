/**
 * The services that clients see: request checks, admission, the levels of reading, the error table,
 * health, reflection, and the server on the client port. There is no peer service here.
 *
 * <p>Imports {@code raft}, {@code raft.node}, {@code kv}, the protos and gRPC.
 *
 * <p>Requests arrive on the loops of the network, which run the handlers directly. Nothing here
 * waits: an answer is sent by the lane that completes the future it hangs on. What walks many keys
 * runs on a few threads of its own ({@link io.raftkv.service.Walkers}), with a bounded queue. Only
 * those that send backups wait, for their client.
 */
@NullMarked
package io.raftkv.service;

import org.jspecify.annotations.NullMarked;
