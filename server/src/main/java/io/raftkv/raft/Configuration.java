package io.raftkv.raft;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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
 * @param removed who was a member once, the latest last: they are told, and their ids are not used
 *     again. Old ones are forgotten
 */
public record Configuration(
    List<Member> members, List<MemberId> outgoingVoters, List<MemberId> removed) {
  /** No members: what a member starts with that has never been part of a cluster. */
  public static final Configuration EMPTY = new Configuration(List.of(), List.of(), List.of());

  /** Former members that are remembered. */
  public static final int REMOVED_MAX = 256;

  private static final byte FORMAT = 1;

  public Configuration {
    members = members.stream().sorted(Comparator.comparing(Member::id)).toList();
    outgoingVoters = outgoingVoters.stream().sorted().toList();
    removed =
        List.copyOf(removed.subList(Math.max(0, removed.size() - REMOVED_MAX), removed.size()));
  }

  /** Of members that nobody has left yet. */
  public Configuration(List<Member> members, List<MemberId> outgoingVoters) {
    this(members, outgoingVoters, List.of());
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

  /** Everybody who has a say or receives the log, in order. */
  public List<MemberId> everybody() {
    TreeSet<MemberId> all = new TreeSet<>(outgoingVoters);
    members.forEach(member -> all.add(member.id()));
    return List.copyOf(all);
  }

  /** The same with these voters and learners added to what is being left. */
  public Configuration withOutgoing(Collection<MemberId> more) {
    TreeSet<MemberId> outgoing = new TreeSet<>(outgoingVoters);
    outgoing.addAll(more);
    return new Configuration(members, List.copyOf(outgoing), removed);
  }

  /**
   * The same with this former member added to what is being left, as if it were not removed yet.
   */
  public Configuration withLeaving(MemberId member) {
    List<MemberId> others = removed.stream().filter(id -> !id.equals(member)).toList();
    return new Configuration(members, outgoingVoters, others).withOutgoing(List.of(member));
  }

  /**
   * The configuration with other members. If more than one voter changes it is joint: two
   * majorities, of the old voters and of the new ones, need not share a member then.
   */
  public Configuration changedTo(List<Member> changed) {
    Configuration next = new Configuration(changed, List.of(), removed);
    Set<MemberId> differing = new HashSet<>(voters());
    for (MemberId voter : next.voters()) {
      if (!differing.remove(voter)) {
        differing.add(voter);
      }
    }
    return differing.size() > 1
        ? new Configuration(changed, voters(), removed)
        : next.withRemoved(everybody());
  }

  /** The same, but with who was removed as another configuration has it. */
  public Configuration withRemovedOf(Configuration other) {
    return new Configuration(members, outgoingVoters, other.removed);
  }

  /** The one member alone, as a voter; everybody else counts as removed. */
  public Configuration only(Member survivor) {
    return new Configuration(List.of(survivor.asVoter()), List.of(), removed)
        .withRemoved(everybody());
  }

  /** What follows a joint configuration. */
  public Configuration left() {
    return new Configuration(members, List.of(), removed).withRemoved(outgoingVoters);
  }

  private Configuration withRemoved(List<MemberId> former) {
    List<MemberId> all = new ArrayList<>(removed);
    former.stream().filter(id -> !contains(id)).forEach(all::add);
    return new Configuration(members, outgoingVoters, all);
  }

  /** The bytes of the log entry. Equal configurations have equal bytes. */
  public byte[] encode() {
    List<byte[]> texts = new ArrayList<>();
    int size = 1 + 4 + 4 + 8 * outgoingVoters.size() + 4 + 8 * removed.size();
    for (Member member : members) {
      byte[] name = member.name().getBytes(StandardCharsets.UTF_8);
      byte[] address = member.peerAddress().getBytes(StandardCharsets.UTF_8);
      texts.add(name);
      texts.add(address);
      size += 8 + 1 + 8 + 4 + name.length + 4 + address.length;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.put(FORMAT).putInt(members.size()).putInt(outgoingVoters.size());
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      out.putLong(member.id().value()).put((byte) member.standing().ordinal());
      out.putLong(member.replaces().value());
      for (byte[] text : List.of(texts.get(2 * i), texts.get(2 * i + 1))) {
        out.putInt(text.length).put(text);
      }
    }
    outgoingVoters.forEach(id -> out.putLong(id.value()));
    out.putInt(removed.size());
    removed.forEach(id -> out.putLong(id.value()));
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
        Member.Standing standing = standing(in.get());
        MemberId replaces = new MemberId(in.getLong());
        String name = text(in);
        members.add(new Member(id, name, text(in), standing, replaces));
      }
      List<MemberId> outgoing = ids(in, outgoingCount);
      List<MemberId> removed = ids(in, in.getInt());
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("configuration with bytes left over");
      }
      return new Configuration(members, outgoing, removed);
    } catch (java.nio.BufferUnderflowException e) {
      throw new IllegalArgumentException("configuration cut short", e);
    }
  }

  private static Member.Standing standing(byte code) {
    Member.Standing[] all = Member.Standing.values();
    if (code < 0 || code >= all.length) {
      throw new IllegalArgumentException("configuration with a member of unknown standing " + code);
    }
    return all[code];
  }

  private static List<MemberId> ids(ByteBuffer in, int count) {
    List<MemberId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(new MemberId(in.getLong()));
    }
    return ids;
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
