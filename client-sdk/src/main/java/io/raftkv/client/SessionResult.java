package io.raftkv.client;

import java.time.Duration;

/**
 * A session is open.
 *
 * @param ttl how long it stays so without a word, as granted
 */
public record SessionResult(Header header, long sessionId, Duration ttl) {}
