/**
 * How the client does its work: routing to the leader, retries, and the mapping of errors.
 *
 * <p>Not part of the public API. May import {@code java.*}, the package above it, the messages of
 * the client API and gRPC. State is shared between caller threads, gRPC's network threads and the
 * client's one timer thread; no code here blocks, except closing and saving a backup.
 *
 * <pre>
 * GrpcKvClient -> Codec      messages
 *              -> Caller     admission, deadline, timer
 *                   Call     one logical call: attempts, one after another
 *                     SessionKeeper  the session of the client's writes, and who waits for it
 *                       OpenSession  numbers writes; bounds what the servers keep of them
 *                     Routes         which member next; who leads
 *                     Connection     one channel; is it up, does it answer
 *                     Attempt        one RPC; was the request handed to a connection
 *                     Failures       what a gRPC status means
 *                   SnapshotDownload a backup, on the caller's thread
 *                   NetworkLoops     the threads under all connections of this process
 * </pre>
 */
@NullMarked
package io.raftkv.client.impl;

import org.jspecify.annotations.NullMarked;
