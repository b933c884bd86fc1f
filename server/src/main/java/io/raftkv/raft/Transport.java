package io.raftkv.raft;

import java.util.List;
import java.util.Optional;

/**
 * Carries messages between members: at most once, in order per peer and kind of message, never
 * blocking; messages of one {@link Message.Stream} do not wait for those of another. What cannot be
 * sent now is dropped; Raft asks again.
 */
public interface Transport extends AutoCloseable {
  /** What became of a message that was offered. */
  enum Offer {
    /** It is on its way, and may still be lost with its connection. */
    QUEUED,
    /** Dropped: too much waits for this peer already. */
    FULL,
    /** Dropped: there is no connection to this peer. */
    NOT_CONNECTED
  }

  /** Who hears what arrives. Called by the transport's threads; returns quickly. */
  interface Listener {
    /** A message from {@link Message#from}, whose identity was checked, to this member. */
    void received(Message message);

    /** The connection to this peer broke, and an attempt to make a new one was refused. */
    void unreachable(MemberId peer);

    /**
     * The connection broke on which {@link Message.Stream#FORWARD} requests went to this peer:
     * those without an answer may have been lost, or their answers.
     */
    default void forwardsLost(MemberId peer) {}

    /** A member said that this one was removed from the cluster. */
    default void removed() {}
  }

  /** Starts to listen and to deliver. */
  void start(Listener listener);

  /** Sends each message to {@link Message#to}. For any thread. */
  void send(List<Message> messages);

  /**
   * Sends one message, for whoever has to know when it was dropped here. For any thread. A network
   * that cannot tell says that it is on its way.
   */
  default Offer offer(Message message) {
    send(List.of(message));
    return Offer.QUEUED;
  }

  /** From now on these are the members to talk to. */
  void setMembers(Configuration configuration);

  /** Where clients reach a member, as it said itself when it connected. For any thread. */
  Optional<String> clientAddress(MemberId member);

  /** Stops listening and sending. */
  @Override
  void close();
}
