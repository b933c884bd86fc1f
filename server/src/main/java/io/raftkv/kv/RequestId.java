package io.raftkv.kv;

/**
 * Marks a write so that it takes effect at most once, however often it is proposed (Raft thesis
 * 6.3).
 *
 * @param sessionId of an open session
 * @param sequence from 1 on; one number of the session means one write. Writes of a session may be
 *     proposed and applied in any order.
 * @param firstOutstanding the client has the results of all sequences below and will not ask for
 *     them again; 0: not told
 */
public record RequestId(long sessionId, long sequence, long firstOutstanding) {}
