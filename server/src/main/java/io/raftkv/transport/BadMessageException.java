package io.raftkv.transport;

/** A message from a peer that is malformed or out of range. Nothing of it is delivered. */
final class BadMessageException extends Exception {
  private static final long serialVersionUID = 1;

  BadMessageException(String message) {
    super(message, null, false, false);
  }
}
