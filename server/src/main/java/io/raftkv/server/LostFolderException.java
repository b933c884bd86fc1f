package io.raftkv.server;

/** Another member has met this one with another data directory, which is gone. */
final class LostFolderException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /**
   * @param why the words of the other member
   */
  LostFolderException(String why) {
    super(
        "this data directory is new, and not the one of this member: "
            + why
            + "; bring that one back, or start again to come as a new member in its place");
  }
}
