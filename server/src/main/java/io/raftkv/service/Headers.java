package io.raftkv.service;

import com.google.protobuf.ByteString;
import io.raftkv.proto.v1.ResponseHeader;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the header of an answer. For any thread. */
final class Headers {
  private final MemberIdentity identity;
  private final Consensus consensus;
  private final Function<MemberId, Optional<String>> clientAddress;

  /** A header without a revision, and what it was made of. */
  private record Known(
      MemberId leader, long term, Optional<String> address, ResponseHeader header) {
    boolean fits(NodeStatus status, Optional<String> addressNow) {
      return term == status.term() && leader.equals(status.leader()) && address.equals(addressNow);
    }
  }

  private volatile @Nullable Known latest;

  Headers(
      MemberIdentity identity,
      Consensus consensus,
      Function<MemberId, Optional<String>> clientAddress) {
    this.identity = identity;
    this.consensus = consensus;
    this.clientAddress = clientAddress;
  }

  /**
   * The header of an answer.
   *
   * @param revision of the store as the answer saw it
   */
  ResponseHeader at(long revision) {
    NodeStatus status = consensus.status();
    Known known = latest;
    Optional<String> address = addressOf(status.leader());
    if (known == null || !known.fits(status, address)) {
      known = new Known(status.leader(), status.term(), address, header(status, address));
      latest = known;
    }
    return known.header.toBuilder().setRevision(revision).build();
  }

  private Optional<String> addressOf(MemberId leader) {
    return leader.isNone() ? Optional.empty() : clientAddress.apply(leader);
  }

  private ResponseHeader header(NodeStatus status, Optional<String> address) {
    ResponseHeader.Builder header =
        ResponseHeader.newBuilder()
            .setClusterId(identity.clusterId())
            .setMemberId(identity.memberId().value())
            .setLeaderId(status.leader().value())
            .setTerm(status.term());
    // As bytes, so that they are not made of it for each answer.
    address.map(ByteString::copyFromUtf8).ifPresent(header::setLeaderAddressBytes);
    return header.build();
  }

  /** This member as it stands now. */
  NodeStatus status() {
    return consensus.status();
  }

  /** Where clients reach a member; empty while it has not told. */
  Optional<String> clientAddress(MemberId member) {
    return clientAddress.apply(member);
  }
}
