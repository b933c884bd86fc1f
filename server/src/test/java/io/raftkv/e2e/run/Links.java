package io.raftkv.e2e.run;

import java.util.ArrayList;
import java.util.List;

/**
 * Which share of the packets from one member to another is lost: 0 to 1, 1 being a cut. As a
 * program for the kernel (classic BPF, as {@code tc-bpf} takes it). Members are counted from 0.
 * Mutable.
 */
final class Links {
  private static final int ETHERTYPE_AT = 12;
  private static final int ETHERTYPE_IP = 0x0800;
  private static final int DESTINATION_AT = 14 + 16;

  /** SKF_AD_OFF + SKF_AD_RANDOM: a number of 32 bits, new each time. */
  private static final long RANDOM = 0xffff_f038L;

  private static final int LOAD_WORD = 0x20;
  private static final int LOAD_HALF = 0x28;
  private static final int IF_EQUAL = 0x15;
  private static final int IF_GREATER = 0x25;
  private static final int RETURN = 0x06;

  /** TC_ACT_OK and TC_ACT_SHOT. */
  private static final int PASS = 0;

  private static final int DROP = 2;
  private static final int INSTRUCTIONS_PER_LINK = 5;
  private static final long RANDOM_MAX = 0xffff_ffffL;

  private final double[][] loss;

  Links(int members) {
    loss = new double[members][members];
  }

  int members() {
    return loss.length;
  }

  /** What {@code from} sends does not reach {@code to}. */
  Links cut(int from, int to) {
    return lose(from, to, 1);
  }

  Links cutBothWays(int a, int b) {
    return cut(a, b).cut(b, a);
  }

  Links lose(int from, int to, double share) {
    loss[from][to] = share;
    return this;
  }

  /** What happens to the packets that a member sends. */
  String program(int from, List<Long> addresses) {
    List<String> code = new ArrayList<>();
    List<Integer> harmed = new ArrayList<>();
    for (int to = 0; to < members(); to++) {
      if (loss[from][to] > 0) {
        harmed.add(to);
      }
    }
    code.add(instruction(LOAD_HALF, 0, 0, ETHERTYPE_AT));
    code.add(instruction(IF_EQUAL, 0, 1 + INSTRUCTIONS_PER_LINK * harmed.size(), ETHERTYPE_IP));
    code.add(instruction(LOAD_WORD, 0, 0, DESTINATION_AT));
    for (int to : harmed) {
      code.add(instruction(IF_EQUAL, 0, INSTRUCTIONS_PER_LINK - 1, addresses.get(to)));
      code.add(instruction(LOAD_WORD, 0, 0, RANDOM));
      code.add(instruction(IF_GREATER, 1, 0, (long) (loss[from][to] * RANDOM_MAX)));
      code.add(instruction(RETURN, 0, 0, DROP));
      code.add(instruction(RETURN, 0, 0, PASS));
    }
    code.add(instruction(RETURN, 0, 0, PASS));
    return code.size() + "," + String.join(",", code);
  }

  private static String instruction(int operation, int ifTrue, int ifFalse, long value) {
    return operation + " " + ifTrue + " " + ifFalse + " " + value;
  }
}
