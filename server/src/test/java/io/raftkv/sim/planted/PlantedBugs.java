package io.raftkv.sim.planted;

import java.util.List;

/** The bugs, and where they were seen in the wild. */
final class PlantedBugs {
  private static final String CORE = "io/raftkv/raft/core/RaftCore.java";
  private static final String LEADER = "io/raftkv/raft/core/Leader.java";
  private static final String LOG_LANE = "io/raftkv/raft/node/LogLane.java";
  private static final String SNAPSHOT_LANE = "io/raftkv/raft/node/SnapshotLane.java";
  private static final String CORE_LANE = "io/raftkv/raft/node/CoreLane.java";

  private PlantedBugs() {}

  static final List<PlantedBug> ALL =
      List.of(
          new PlantedBug(
              "entries acknowledged before they are on the disk",
              CORE,
              "sendWhenDurable(new Message.AppendResponse(",
              "send(new Message.AppendResponse(",
              3),
          new PlantedBug(
              "vote given before it is on the disk",
              CORE,
              "sendWhenDurable(new Message.VoteResponse(",
              "send(new Message.VoteResponse(",
              3),
          new PlantedBug(
              "the log lane answers before it syncs",
              LOG_LANE,
              "    if (hasWrites) {\n      log.sync();\n    }\n    if (responses > 0) {",
              "    if (responses > 0) {",
              1),
          new PlantedBug(
              "term written without the vote",
              LOG_LANE,
              "persist.hardState().ifPresent(log::saveHardState);",
              "persist.hardState().ifPresent(h -> log.saveHardState(new io.raftkv.raft.HardState("
                  + "h.term(), io.raftkv.raft.MemberId.NONE)));",
              3),
          new PlantedBug(
              "vote forgotten when stepping down within a term",
              CORE,
              "if (term > term()) {\n      hardState",
              "if (term >= term()) {\n      hardState",
              3),
          new PlantedBug(
              "entries of old terms committed by counting",
              LEADER,
              "if (log.term(index) != core.term()) {",
              "if (index <= log.commitIndex()) {",
              3),
          new PlantedBug(
              "votes for candidates whose log is behind",
              CORE,
              "boolean isUpToDate = m.last().isAtLeastAsUpToDateAs(log.last());",
              "boolean isUpToDate = true;",
              4),
          new PlantedBug(
              "truncation ignored by tickets in flight",
              "io/raftkv/raft/core/PersistQueue.java",
              "ticket.vouchedIndex = Math.min(ticket.vouchedIndex, index - 1);",
              "ticket.vouchedIndex += 0;",
              13),
          new PlantedBug(
              "leader counts itself by what is in memory",
              LEADER,
              "return core.log().durableIndex();",
              "return core.log().lastIndex();",
              3),
          new PlantedBug(
              "half of the voters are taken for a majority",
              "io/raftkv/raft/core/Quorum.java",
              "values[(values.length - 1) / 2]",
              "values[values.length / 2]",
              4),
          new PlantedBug(
              "reads answered without asking anyone",
              LEADER,
              "reads.add(from, readId, log.commitIndex(), round + 1);",
              "answer(new ReadQueue.Read(from, readId, log.commitIndex(), 0), true);",
              28),
          new PlantedBug(
              "reads before the first commit of the term",
              LEADER,
              "} else if (log.term(log.commitIndex()) != core.term()) {",
              "} else if (log.commitIndex() < 0) {",
              6),
          new PlantedBug(
              "snapshot of more than is on the disk",
              CORE,
              "if (!snapshotSchedule.isDue(index) || index > log.durableIndex()) {",
              "if (!snapshotSchedule.isDue(index)) {",
              4),
          new PlantedBug(
              "log cut before the snapshot is on the disk",
              SNAPSHOT_LANE,
              "      sink.commit();\n",
              "      listener.snapshotTaken(meta);\n      if (snapshots.sizeBytes() == 0) return;\n"
                  + "      sink.commit();\n",
              1),
          new PlantedBug(
              "what was found in the log counts as committed after a restart",
              CORE,
              "log.commitTo(snapshot.index());",
              "log.commitTo(log.lastIndex());",
              3),
          new PlantedBug(
              "follower commits beyond what it knows to agree",
              CORE,
              "log.commitTo(Math.min(m.commitIndex(), match));",
              "log.commitTo(Math.min(m.commitIndex(), log.lastIndex()));",
              119),
          new PlantedBug(
              "entries accepted whatever comes before them",
              CORE,
              "if (previous.index() >= log.baseIndex() && !log.matches(previous)) {",
              "if (previous.index() > log.lastIndex()) {",
              15),
          new PlantedBug(
              "an answer goes to whoever waits at the index, whatever the term",
              CORE_LANE,
              "if (!pending.isEmpty() && !(core.isLeader() && core.term() == pending.term())) {",
              "if (!pending.isEmpty() && pending.term() < 0) {",
              13),
          new PlantedBug(
              "a request that may have been applied is called refused",
              CORE_LANE,
              "refuse(pending.takeAll(), Reason.LEADERSHIP_LOST);",
              "refuse(pending.takeAll(), Reason.NO_LEADER);",
              7));
}
