package io.raftkv.client;

/**
 * A key and what is known about it.
 *
 * @param value empty also if only keys were asked for
 * @param createRevision of the write that created the key, since it last did not exist
 * @param modRevision of the write that made this value
 * @param version 1 for the write that created the key, one more with each later write
 * @param sessionId the session that the key is attached to; 0: none
 */
public record KeyValue(
    ByteSequence key,
    ByteSequence value,
    long createRevision,
    long modRevision,
    long version,
    long sessionId) {}
