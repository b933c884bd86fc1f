package io.raftkv.service;

/**
 * Told about every request. Called by network loops and lanes: must be quick and must not throw.
 */
public interface ServiceMetrics {
  /** Counts nothing. */
  ServiceMetrics NONE = (method, reason, nanos, requestBytes) -> {};

  /**
   * A request was answered, or its client has gone.
   *
   * @param method such as {@code KV.Put}
   * @param reason {@code OK}, {@code CANCELLED}, or the reason of the error
   * @param nanos from the first look at the request
   */
  void finished(String method, String reason, long nanos, long requestBytes);
}
