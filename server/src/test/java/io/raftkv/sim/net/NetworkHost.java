package io.raftkv.sim.net;

import io.raftkv.raft.Message;
import io.raftkv.raft.Transport;

/** The processes at the ends of the network, by their numbers from 0 on. */
public interface NetworkHost {
  /** Which process runs on this machine: grows with each start; 0 while none runs. */
  int incarnation(int machine);

  /** What arrives at a stopped process before this time waits for it. */
  long pausedUntilNanos(int machine);

  /** The process can be reached from now on. */
  void listening(int machine, int incarnation, Transport.Listener listener);

  /** The process sends this. It may end here. */
  void sending(int machine, Message message);

  /** Hands a message to the process that runs on this machine. */
  void deliver(int machine, Message message);

  /** Tells the process that it was removed from the cluster. */
  void removed(int machine);

  /** Tells the process that its connection to the peer broke and a new one was refused. */
  void unreachable(int machine, int peer);
}
