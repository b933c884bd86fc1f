package io.raftkv.server;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;

/** A member that takes everything and does nothing. */
final class NobodyListens implements Transport.Listener {
  @Override
  public void received(Message message) {}

  @Override
  public void unreachable(MemberId member) {}

  @Override
  public void removed() {}

  @Override
  public void forwardsLost(MemberId member) {}
}
