package io.raftkv.raft;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A change of the members that somebody asks the leader for.
 *
 * @param member ADD: who comes, as it is to stand in the configuration; MOVE: its id and its new
 *     address count; else only its id
 * @param expectedIndex the change is refused unless the configuration in force is that of this
 *     entry; 0: whichever is
 * @param isDryRun only tell what would come of it
 */
public record MembershipChange(Kind kind, Member member, long expectedIndex, boolean isDryRun) {
  private static final byte FORMAT = 1;
  private static final int NAME_BYTES_MAX = 256;
  private static final int ADDRESS_BYTES_MAX = 512;

  /** What is to become of the member. The order is that of the wire. */
  public enum Kind {
    /** It comes, with the standing that it has here; {@link Member#replaces} goes in return. */
    ADD,
    /** A learner that has caught up becomes a voter. */
    PROMOTE,
    /** It goes. */
    REMOVE,
    /** The others reach it at another address. */
    MOVE
  }

  public static MembershipChange add(Member member) {
    return new MembershipChange(Kind.ADD, member, 0, false);
  }

  public static MembershipChange promote(MemberId id) {
    return new MembershipChange(Kind.PROMOTE, nameless(id), 0, false);
  }

  public static MembershipChange remove(MemberId id) {
    return new MembershipChange(Kind.REMOVE, nameless(id), 0, false);
  }

  public static MembershipChange move(MemberId id, String peerAddress) {
    return new MembershipChange(Kind.MOVE, nameless(id).at(peerAddress), 0, false);
  }

  private static Member nameless(MemberId id) {
    return new Member(id, "", "", false);
  }

  /** The same under a condition; see {@link #expectedIndex}. */
  public MembershipChange expecting(long index) {
    return new MembershipChange(kind, member, index, isDryRun);
  }

  /** The same, but nothing is changed. */
  public MembershipChange dry(boolean isDry) {
    return new MembershipChange(kind, member, expectedIndex, isDry);
  }

  /** For the wire. */
  public byte[] encode() {
    byte[] name = member.name().getBytes(StandardCharsets.UTF_8);
    byte[] address = member.peerAddress().getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(1 + 1 + 1 + 8 + 8 + 1 + 8 + 8 + name.length + address.length);
    out.put(FORMAT)
        .put((byte) kind.ordinal())
        .put((byte) (isDryRun ? 1 : 0))
        .putLong(expectedIndex);
    out.putLong(member.id().value()).put((byte) member.standing().ordinal());
    out.putLong(member.replaces().value());
    out.putInt(name.length).put(name).putInt(address.length).put(address);
    return out.array();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if the bytes are not a change
   */
  public static MembershipChange decode(byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      byte format = in.get();
      int kind = in.get();
      int dry = in.get();
      long expectedIndex = in.getLong();
      MemberId id = new MemberId(in.getLong());
      int standing = in.get();
      MemberId replaces = new MemberId(in.getLong());
      String name = text(in, NAME_BYTES_MAX);
      String address = text(in, ADDRESS_BYTES_MAX);
      if (format != FORMAT || in.hasRemaining() || dry < 0 || dry > 1) {
        throw new IllegalArgumentException("not a change of members");
      }
      return new MembershipChange(
          Kind.values()[kind],
          new Member(id, name, address, Member.Standing.values()[standing], replaces),
          expectedIndex,
          dry == 1);
    } catch (BufferUnderflowException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException("not a change of members", e);
    }
  }

  private static String text(ByteBuffer in, int bytesMax) {
    int length = in.getInt();
    if (length < 0 || length > Math.min(bytesMax, in.remaining())) {
      throw new IllegalArgumentException("a change of members with a text of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
