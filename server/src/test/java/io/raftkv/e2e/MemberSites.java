package io.raftkv.e2e;

import java.util.List;
import java.util.Map;

/**
 * Where the members of a cluster run and how, if not simply on this machine's loopback. Members are
 * counted from 0.
 */
public interface MemberSites {
  /** All of them on loopback. */
  MemberSites LOOPBACK = new MemberSites() {};

  /** The address on which a member listens; its clients and peers reach it there. */
  default String host(int member) {
    return "127.0.0.1";
  }

  /** What stands before the command of a member's process, and becomes it. */
  default List<String> prefix(int member) {
    return List.of();
  }

  /** Added to the environment of a member's process. */
  default Map<String, String> environment(int member) {
    return Map.of();
  }
}
