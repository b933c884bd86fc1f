package io.raftkv.e2e.run;

import io.raftkv.client.KvClient;
import io.raftkv.client.KvException;
import io.raftkv.client.PutOptions;
import java.util.OptionalLong;

/** Writes as users of the Java client do. */
final class SdkAppender implements Appender {
  private final KvClient client;

  /**
   * @param client with time enough for every fault
   */
  SdkAppender(KvClient client) {
    this.client = client;
  }

  @Override
  public long put(String key, String value, OptionalLong ifRevision) {
    PutOptions options =
        ifRevision.isPresent()
            ? PutOptions.DEFAULT.withIfRevision(ifRevision.getAsLong())
            : PutOptions.DEFAULT;
    try {
      return client.put(key, value, options).modRevision();
    } catch (KvException e) {
      throw new IllegalStateException(e);
    }
  }
}
