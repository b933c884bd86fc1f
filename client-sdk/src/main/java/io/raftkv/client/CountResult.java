package io.raftkv.client;

/**
 * How many keys a range holds.
 *
 * @param count at the revision of the header
 */
public record CountResult(Header header, long count) {}
