package io.raftkv.client;

/**
 * A backup that was saved.
 *
 * @param header its revision is that of the backup
 * @param index the last entry of the log that the backup includes
 * @param totalBytes bytes that were written
 */
public record SnapshotResult(Header header, long index, long totalBytes) {}
