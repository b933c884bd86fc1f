package io.raftkv.transport;

import io.raftkv.raft.MemberId;

/**
 * With which folder each member came when it was first met. A member that comes with another one
 * has lost what it promised, and must not be heard under its old id. For any thread; nothing here
 * blocks.
 */
public interface Acquaintances {
  /** What is known of a member that says who it is. */
  enum Meeting {
    /** It comes with the folder that it came with before, or tells of none. */
    KNOWN,
    /** It is met for the first time. That is being noted: the next time it is known. */
    NEW,
    /** It was met before, with another folder. */
    OTHER_FOLDER
  }

  /** Of members that keep nothing. */
  Acquaintances NONE =
      new Acquaintances() {
        @Override
        public long folder() {
          return NO_FOLDER;
        }

        @Override
        public Meeting meet(MemberId member, long folder) {
          return Meeting.KNOWN;
        }

        @Override
        public void metBy(MemberId member) {}

        @Override
        public void disownedBy(MemberId member, String why) {}

        @Override
        public boolean mayTakePart() {
          return true;
        }
      };

  /** The number of no folder. */
  long NO_FOLDER = 0;

  /** The number of this member's folder, drawn at random when it was made. */
  long folder();

  /** A member of the configuration says who it is. */
  Meeting meet(MemberId member, long folder);

  /** A member has heard who we are, and will remember. */
  void metBy(MemberId member);

  /**
   * A member has met us before, with another folder.
   *
   * @param why its words
   */
  void disownedBy(MemberId member, String why);

  /** Whether it is certain that we have no other folder. Before that, no message is heard. */
  boolean mayTakePart();
}
