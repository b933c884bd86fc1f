package io.raftkv.server;

import io.raftkv.kv.KvView;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.transport.PeerProbe.Answer;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Tells people what {@code kvd recover} found, what it does and what may be lost. */
final class RecoveryReport {
  private final PrintStream out;
  private final Path dataDir;

  RecoveryReport(PrintStream out, Path dataDir) {
    this.out = out;
    this.dataDir = dataDir;
  }

  private void say(String format, Object... values) {
    out.println(Lines.escape(String.format(format, values)));
  }

  /** What this member has. */
  void state(StoppedState state, Member self) {
    KvView view = state.store().view();
    say(
        "%s, member %s of cluster %016x, data in %s",
        self.name(), self.id(), state.identity().clusterId(), dataDir);
    say("  term %d; the last entry is %s (index/term)", state.hardState().term(), state.last());
    say("  revision %d, %d keys, %d sessions", view.revision(), view.keys(), view.sessionCount());
    committed(state);
    members(state);
  }

  private void committed(StoppedState state) {
    long known = state.snapshot().index();
    long last = state.last().index();
    if (known > 0) {
      say("  entries up to %d are certainly committed: the snapshot has them", known);
    }
    if (last > known) {
      say(
          "  entries %d to %d may or may not have been committed: they are kept, and count as"
              + " committed from then on",
          known + 1, last);
    }
  }

  private void members(StoppedState state) {
    Configuration configuration = state.membership().configuration();
    boolean isCertain = state.membership().index() <= state.snapshot().index();
    say(
        "  members as of entry %d%s:",
        state.membership().index(), isCertain ? "" : ", perhaps not committed");
    List<Member> byName =
        configuration.members().stream().sorted(Comparator.comparing(Member::name)).toList();
    for (Member member : byName) {
      say(
          "    %s  %s  %s  %s",
          member.name(), member.id(), member.peerAddress(), member.isVoter() ? "votes" : "learns");
    }
    if (configuration.isJoint()) {
      say("    being left, and still with a say: %s", configuration.outgoingVoters());
    }
  }

  /** Who else is there. */
  void others(List<Member> others, Map<MemberId, Answer> answers) {
    say("");
    for (Member other : others) {
      Answer answer = answers.getOrDefault(other.id(), new Answer(false, "was not asked"));
      say("%s at %s %s", other.name(), other.peerAddress(), answer.text());
      if (answer.isThere()) {
        say("  stop it for good before; if its last entry is of a higher term, or as high and");
        say("  further on, recover that one instead: kvd recover shows it there, too");
      }
    }
  }

  /** What comes of it. */
  void consequences(StoppedState state, Member self, long numbersSkipped) {
    say("");
    say(
        "Recovery makes a new cluster, with an id of its own, of %s as its only voter:",
        self.name());
    say("- Lost for good is every write that others acknowledged and that is not in this log. How");
    say("  many these are cannot be known here.");
    say("- Writes up to entry %s are there, also those whose callers were told", state.last());
    say("  that they failed or that the outcome is unknown.");
    say("- Revisions and ids of sessions go on %d further up, so that none of a", numbersSkipped);
    say("  lost write is given again. History before that can be read until it is compacted.");
    say(
        "- The other members are strangers from then on: refused, and told so, when they come back.");
    say("  They must not: if a majority of them lives elsewhere, there are two clusters.");
    say("- The old data stays in a folder within %s.", dataDir);
  }
}
