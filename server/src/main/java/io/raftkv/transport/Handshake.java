package io.raftkv.transport;

import io.grpc.Metadata;
import io.grpc.Status;
import io.raftkv.raft.MemberId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who speaks to whom, in the metadata that opens a stream and in the headers that answer it. Both
 * sides check: an address that has passed to another member, or to another cluster, must not be
 * heard.
 *
 * @param cluster of the side that speaks
 * @param from the side that speaks
 * @param to whom it believes to speak to
 * @param clientAddress where clients reach the side that speaks
 * @param peerAddress where other members reach it; empty: not told
 * @param folder of the side that speaks; {@link Acquaintances#NO_FOLDER}: not told
 */
record Handshake(
    long cluster,
    MemberId from,
    MemberId to,
    String clientAddress,
    String peerAddress,
    long folder) {
  static final int VERSION = 1;

  private static final int ADDRESS_CHARS_MAX = 300;

  private static final Metadata.Key<String> PROTOCOL = key("raftkv-protocol");
  private static final Metadata.Key<String> CLUSTER = key("raftkv-cluster");
  private static final Metadata.Key<String> FROM = key("raftkv-from");
  private static final Metadata.Key<String> TO = key("raftkv-to");
  private static final Metadata.Key<String> CLIENT_ADDRESS = key("raftkv-client-address");
  private static final Metadata.Key<String> PEER_ADDRESS = key("raftkv-peer-address");
  private static final Metadata.Key<String> FOLDER = key("raftkv-folder");

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /** Of a refusal: the member that dials was removed from the cluster. */
  static final Status.Code REMOVED = Status.Code.NOT_FOUND;

  /** Of a refusal: the member that dials was met before, with another folder. */
  static final Status.Code OTHER_FOLDER = Status.Code.ALREADY_EXISTS;

  /** The stream may not be used; the status says why, in one sentence. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Status status;

    RefusedException(Status status) {
      super(status.getDescription(), null, false, false);
      this.status = status;
    }

    Status status() {
      return status;
    }
  }

  Metadata encode() {
    Metadata metadata = new Metadata();
    metadata.put(PROTOCOL, Integer.toString(VERSION));
    metadata.put(CLUSTER, Long.toHexString(cluster));
    metadata.put(FROM, Long.toHexString(from.value()));
    metadata.put(TO, Long.toHexString(to.value()));
    metadata.put(CLIENT_ADDRESS, clientAddress);
    if (!peerAddress.isEmpty()) {
      metadata.put(PEER_ADDRESS, peerAddress);
    }
    if (folder != Acquaintances.NO_FOLDER) {
      metadata.put(FOLDER, Long.toHexString(folder));
    }
    return metadata;
  }

  /**
   * Reads and checks what the other side says.
   *
   * @param self this member, of {@code cluster}
   * @param isPeer whether this is a member that may speak to us on this stream
   * @param wasRemoved whether it was a member once, perhaps of the cluster that was recovered to
   *     become this one
   */
  static Handshake check(
      Metadata metadata,
      long cluster,
      MemberId self,
      Predicate<MemberId> isPeer,
      Predicate<MemberId> wasRemoved)
      throws RefusedException {
    String protocol = metadata.get(PROTOCOL);
    if (protocol == null) {
      throw refused(Status.FAILED_PRECONDITION, "the handshake is missing");
    }
    if (!protocol.equals(Integer.toString(VERSION))) {
      throw refused(
          Status.FAILED_PRECONDITION, "this member speaks version " + VERSION + " of the protocol");
    }
    Handshake other =
        new Handshake(
            id(metadata, CLUSTER),
            new MemberId(id(metadata, FROM)),
            new MemberId(id(metadata, TO)),
            address(metadata, CLIENT_ADDRESS),
            metadata.containsKey(PEER_ADDRESS) ? address(metadata, PEER_ADDRESS) : "",
            metadata.containsKey(FOLDER) ? id(metadata, FOLDER) : Acquaintances.NO_FOLDER);
    if (other.cluster != cluster && wasRemoved.test(other.from)) {
      // Not as REMOVED, which would end the campaigns of a cluster that may live after all.
      throw refused(
          Status.FAILED_PRECONDITION,
          "the cluster was recovered without member "
              + other.from
              + ": stop it; a new member starts with an empty data directory");
    }
    if (other.cluster != cluster) {
      throw refused(Status.FAILED_PRECONDITION, "this member is of another cluster");
    }
    if (!other.to.equals(self)) {
      throw refused(Status.FAILED_PRECONDITION, "this member is " + self + ", not " + other.to);
    }
    if (other.from.equals(self)) {
      throw refused(Status.PERMISSION_DENIED, "the sender has the id of this member, " + self);
    }
    if (!isPeer.test(other.from) && wasRemoved.test(other.from)) {
      throw refused(REMOVED.toStatus(), "member " + other.from + " was removed from the cluster");
    }
    if (!isPeer.test(other.from)) {
      throw refused(
          Status.PERMISSION_DENIED, "member " + other.from + " is not the one expected here");
    }
    return other;
  }

  /** Of a member that {@link #check} let pass. */
  RefusedException otherFolder() {
    return refused(
        OTHER_FOLDER.toStatus(),
        "member "
            + from
            + " came with another data directory before: what it promised then is lost");
  }

  private static long id(Metadata metadata, Metadata.Key<String> key) throws RefusedException {
    String text = metadata.get(key);
    try {
      if (text != null) {
        return Long.parseUnsignedLong(text, 16);
      }
    } catch (NumberFormatException e) {
      throw refused(Status.FAILED_PRECONDITION, "the handshake has a garbled " + key.name());
    }
    throw refused(Status.FAILED_PRECONDITION, "the handshake lacks " + key.name());
  }

  private static String address(Metadata metadata, Metadata.Key<String> key)
      throws RefusedException {
    @Nullable String text = metadata.get(key);
    // It is shown to clients and in logs: no more than a host and a port can hold.
    if (text == null
        || text.length() > ADDRESS_CHARS_MAX
        || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw refused(Status.FAILED_PRECONDITION, "the handshake lacks a valid " + key.name());
    }
    return text;
  }

  private static RefusedException refused(Status status, String why) {
    return new RefusedException(status.withDescription(why));
  }
}
