package io.raftkv.raft;

/**
 * The stores of a member are each sound but do not fit together: something is gone that was synced.
 * The message is one line that says what.
 */
public final class LostDataException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  public LostDataException(String message) {
    super(message);
  }
}
