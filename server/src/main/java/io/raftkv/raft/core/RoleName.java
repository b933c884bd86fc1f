package io.raftkv.raft.core;

/** The roles by name, for people. */
public enum RoleName {
  FOLLOWER,
  PRE_CANDIDATE,
  CANDIDATE,
  LEADER
}
