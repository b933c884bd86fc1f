package io.raftkv.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.raftkv.kv.KeyRange;
import io.raftkv.proto.v1.Reason;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that name the next page of a query. Any member of the cluster reads them. For any thread.
 *
 * <p>A token is {@code format (1) | revision (8) | next key | check (16)}; the check covers the
 * query as well, so that a token of another query, or of another cluster, is refused. It guards
 * against mistakes, not against the client itself, which may read every key it could name here.
 */
final class PageTokens {
  private static final byte FORMAT = 1;
  private static final int CHECK_BYTES = 16;
  private static final int KEY_OFFSET = 1 + Long.BYTES;
  private static final String ALGORITHM = "SHA-256";

  /** Everything of a query that must not change between its pages. */
  record Query(KeyRange range, boolean isReverse, boolean isKeysOnly, long atRevision) {}

  /**
   * A place in a query.
   *
   * @param revision that all pages show
   * @param key the first of the next page
   */
  record Place(long revision, byte[] key) {}

  private final long clusterId;

  PageTokens(long clusterId) {
    this.clusterId = clusterId;
  }

  ByteString encode(Query query, Place place) {
    ByteBuffer token = ByteBuffer.allocate(KEY_OFFSET + place.key().length + CHECK_BYTES);
    token.put(FORMAT).putLong(place.revision()).put(place.key());
    byte[] check = check(query, token.array(), token.position());
    return UnsafeByteOperations.unsafeWrap(token.put(check).array());
  }

  /**
   * Reads what {@link #encode} wrote for the same query.
   *
   * @throws Refusal BAD_PAGE_TOKEN if it did not
   */
  Place decode(Query query, ByteString token) {
    byte[] bytes = token.toByteArray();
    int keyEnd = bytes.length - CHECK_BYTES;
    if (keyEnd <= KEY_OFFSET || bytes[0] != FORMAT) {
      throw bad();
    }
    byte[] given = Arrays.copyOfRange(bytes, keyEnd, bytes.length);
    if (!MessageDigest.isEqual(given, check(query, bytes, keyEnd))) {
      throw bad();
    }
    long revision = ByteBuffer.wrap(bytes).getLong(1);
    return new Place(revision, Arrays.copyOfRange(bytes, KEY_OFFSET, keyEnd));
  }

  private static Refusal bad() {
    return Refusal.field(
        Reason.BAD_PAGE_TOKEN, "page_token", "not from an earlier page of this query");
  }

  private byte[] check(Query query, byte[] token, int length) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(ALGORITHM);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
    ByteBuffer numbers = ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES + 2);
    numbers
        .putLong(clusterId)
        .putLong(query.atRevision())
        .putInt(length)
        .put((byte) (query.isReverse() ? 1 : 0))
        .put((byte) (query.isKeysOnly() ? 1 : 0));
    digest.update(numbers.array());
    digest.update(token, 0, length);
    update(digest, query.range().start());
    update(digest, query.range().endExclusiveOrNull());
    return Arrays.copyOf(digest.digest(), CHECK_BYTES);
  }

  /** With its length, so that no two queries run together into the same bytes. */
  private static void update(MessageDigest digest, byte @Nullable [] bytes) {
    int length = bytes == null ? -1 : bytes.length;
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(length).array());
    if (bytes != null) {
      digest.update(bytes);
    }
  }
}
