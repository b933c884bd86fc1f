package io.raftkv.client;

/**
 * Leadership has moved.
 *
 * @param leaderId the member that leads now
 */
public record TransferResult(Header header, long leaderId) {}
