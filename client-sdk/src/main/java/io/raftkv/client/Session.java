package io.raftkv.client;

import java.time.Duration;

/**
 * An open session.
 *
 * @param name as its client chose it
 * @param ttl how long it stays open without a word
 * @param idle since its client was last heard or a leader elected, by cluster time
 * @param answers how many answers are kept for its client
 * @param keys how many keys are attached to it
 */
public record Session(long id, String name, Duration ttl, Duration idle, long answers, long keys) {}
