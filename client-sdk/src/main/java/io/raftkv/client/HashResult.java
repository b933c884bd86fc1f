package io.raftkv.client;

/**
 * A hash of a member's whole store.
 *
 * @param hash equal on every member that holds {@code atRevision}
 * @param atRevision the revision that was hashed
 * @param keys that were hashed
 */
public record HashResult(Header header, long hash, long atRevision, long keys) {}
