package io.raftkv.e2e.run;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Ways in which links fail that leave a connected majority. */
enum PartitionCase {
  LEADER_CUT_OFF("no link between the leader and the others") {
    @Override
    Links links(int members, int leader, Random random) {
      Links links = new Links(members);
      others(members, leader).forEach(other -> links.cutBothWays(leader, other));
      return links;
    }
  },
  DEAF_LEADER("the leader hears nobody, and is heard") {
    @Override
    Links links(int members, int leader, Random random) {
      Links links = new Links(members);
      others(members, leader).forEach(other -> links.cut(other, leader));
      return links;
    }
  },
  MUTE_LEADER("nobody hears the leader, and it hears them") {
    @Override
    Links links(int members, int leader, Random random) {
      Links links = new Links(members);
      others(members, leader).forEach(other -> links.cut(leader, other));
      return links;
    }
  },
  BRIDGE("two groups, the leader in one of them, and one member that both hear") {
    @Override
    Links links(int members, int leader, Random random) {
      List<Integer> others = others(members, leader);
      Collections.shuffle(others, random);
      // The first one is the bridge; of the rest, half are with the leader.
      int withLeader = (members - 1) / 2;
      Links links = new Links(members);
      List<Integer> side = new ArrayList<>(others.subList(1, withLeader));
      side.add(leader);
      for (int a : side) {
        others.subList(withLeader, others.size()).forEach(b -> links.cutBothWays(a, b));
      }
      return links;
    }
  },
  RING("each member hears its two neighbours only") {
    @Override
    boolean isFor(int members) {
      return members > 3;
    }

    @Override
    Links links(int members, int leader, Random random) {
      Links links = new Links(members);
      for (int a = 0; a < members; a++) {
        for (int distance = 2; distance <= members - 2; distance++) {
          links.cut(a, (a + distance) % members);
        }
      }
      return links;
    }
  },
  LOSS("a tenth of all packets is lost") {
    @Override
    Links links(int members, int leader, Random random) {
      Links links = new Links(members);
      for (int from = 0; from < members; from++) {
        for (int to = 0; to < members; to++) {
          links.lose(from, to, 0.1);
        }
      }
      return links;
    }
  };

  private final String description;

  PartitionCase(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }

  /** Whether it differs from a whole network. */
  boolean isFor(int members) {
    return true;
  }

  /** What fails. */
  abstract Links links(int members, int leader, Random random);

  static List<Integer> others(int members, int leader) {
    List<Integer> others = new ArrayList<>();
    for (int member = 0; member < members; member++) {
      if (member != leader) {
        others.add(member);
      }
    }
    return others;
  }
}
