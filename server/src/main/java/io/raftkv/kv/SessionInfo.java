package io.raftkv.kv;

/**
 * A session as a view shows it.
 *
 * @param ttlMillis without a word for longer than this, by cluster time, it may be expired
 * @param heardMillis cluster time at which its client was last heard, or at which the term began
 * @param results how many results are kept for its client
 * @param keys how many are attached to it
 */
public record SessionInfo(
    long id, String name, long ttlMillis, long heardMillis, int results, int keys) {}
