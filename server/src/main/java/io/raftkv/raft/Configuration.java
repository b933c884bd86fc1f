package io.raftkv.raft;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Who the members are. It travels as the data of a log entry and is in force from the moment the
 * entry is appended (Raft thesis 4.1).
 *
 * <p>While {@code outgoingVoters} is not empty the configuration is joint: an election or a commit
 * needs a majority of the voters and a majority of the outgoing ones (Raft paper section 6).
 *
 * @param members in order of their ids
 * @param outgoingVoters the voters of the configuration that is being left, in order; empty outside
 *     a joint configuration
 */
public record Configuration(List<Member> members, List<MemberId> outgoingVoters) {
  /** No members: what a member starts with that has never been part of a cluster. */
  public static final Configuration EMPTY = new Configuration(List.of(), List.of());

  private static final byte FORMAT = 1;

  public Configuration {
    members = members.stream().sorted(Comparator.comparing(Member::id)).toList();
    outgoingVoters = outgoingVoters.stream().sorted().toList();
  }

  public static Configuration of(List<Member> members) {
    return new Configuration(members, List.of());
  }

  public Optional<Member> member(MemberId id) {
    for (Member member : members) {
      if (member.id().equals(id)) {
        return Optional.of(member);
      }
    }
    return Optional.empty();
  }

  public boolean isVoter(MemberId id) {
    return member(id).map(Member::isVoter).orElse(false) || outgoingVoters.contains(id);
  }

  public boolean contains(MemberId id) {
    return member(id).isPresent() || outgoingVoters.contains(id);
  }

  public boolean isJoint() {
    return !outgoingVoters.isEmpty();
  }

  /** The incoming voters, in order. */
  public List<MemberId> voters() {
    return members.stream().filter(Member::isVoter).map(Member::id).toList();
  }

  /** The bytes of the log entry. Equal configurations have equal bytes. */
  public byte[] encode() {
    List<byte[]> texts = new ArrayList<>();
    int size = 1 + 4 + 4 + 8 * outgoingVoters.size();
    for (Member member : members) {
      byte[] name = member.name().getBytes(StandardCharsets.UTF_8);
      byte[] address = member.peerAddress().getBytes(StandardCharsets.UTF_8);
      texts.add(name);
      texts.add(address);
      size += 8 + 1 + 4 + name.length + 4 + address.length;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.put(FORMAT).putInt(members.size()).putInt(outgoingVoters.size());
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      out.putLong(member.id().value()).put((byte) (member.isVoter() ? 1 : 0));
      for (byte[] text : List.of(texts.get(2 * i), texts.get(2 * i + 1))) {
        out.putInt(text.length).put(text);
      }
    }
    outgoingVoters.forEach(id -> out.putLong(id.value()));
    return out.array();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if the bytes are not a configuration
   */
  public static Configuration decode(byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      byte format = in.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException("configuration of unknown format " + format);
      }
      int memberCount = in.getInt();
      int outgoingCount = in.getInt();
      List<Member> members = new ArrayList<>();
      for (int i = 0; i < memberCount; i++) {
        MemberId id = new MemberId(in.getLong());
        boolean isVoter = in.get() != 0;
        String name = text(in);
        members.add(new Member(id, name, text(in), isVoter));
      }
      List<MemberId> outgoing = new ArrayList<>();
      for (int i = 0; i < outgoingCount; i++) {
        outgoing.add(new MemberId(in.getLong()));
      }
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("configuration with bytes left over");
      }
      return new Configuration(members, outgoing);
    } catch (java.nio.BufferUnderflowException e) {
      throw new IllegalArgumentException("configuration cut short", e);
    }
  }

  private static String text(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("configuration with a text of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
