package io.raftkv.client;

/**
 * A member that is to come.
 *
 * @param id 0: the server draws one
 * @param name 1 to 64 letters, digits, '.', '_' or '-'; unique in the cluster
 * @param peerAddress {@code host:port} for the other members
 * @param staysLearner until it is promoted; else it becomes a voter by itself once it has caught up
 */
public record NewMember(long id, String name, String peerAddress, boolean staysLearner) {
  /** One that becomes a voter by itself, under an id that the server draws. */
  public static NewMember of(String name, String peerAddress) {
    return new NewMember(0, name, peerAddress, false);
  }

  public NewMember withId(long newId) {
    return new NewMember(newId, name, peerAddress, staysLearner);
  }

  public NewMember asLearner() {
    return new NewMember(id, name, peerAddress, true);
  }
}
