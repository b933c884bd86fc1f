package io.raftkv.sim.planted;

import java.util.List;

/** The bugs, and where they were seen in the wild. */
final class PlantedBugs {
  private static final String CORE = "io/raftkv/raft/core/RaftCore.java";
  private static final String MEMBERSHIP = "io/raftkv/raft/core/LeaderMembership.java";
  private static final String CONFIGURATION = "io/raftkv/raft/Configuration.java";
  private static final String LEADER = "io/raftkv/raft/core/Leader.java";
  private static final String BALLOT = "io/raftkv/raft/core/Ballot.java";
  private static final String REPLICA = "io/raftkv/raft/core/Replica.java";
  private static final String READ_ROUNDS = "io/raftkv/raft/core/ReadRounds.java";
  private static final String SNAPSHOTS = "io/raftkv/raft/core/Snapshots.java";
  private static final String LOG_LANE = "io/raftkv/raft/node/LogLane.java";
  private static final String SNAPSHOT_LANE = "io/raftkv/raft/node/SnapshotLane.java";
  private static final String CORE_LANE = "io/raftkv/raft/node/CoreLane.java";
  private static final String STATE_CHECK = "io/raftkv/raft/node/StateCheck.java";
  private static final String RAFT_LOG = "io/raftkv/raft/core/RaftLog.java";
  private static final String ENTRY_TAIL = "io/raftkv/raft/core/EntryTail.java";
  private static final String SCHEDULE = "io/raftkv/raft/core/SnapshotSchedule.java";
  private static final String SEGMENTED_LOG = "io/raftkv/storage/SegmentedLog.java";

  private static final String ONCE = "io/raftkv/kv/OnceApplier.java";
  private static final String SESSIONS = "io/raftkv/kv/Sessions.java";

  private static final String STALE_READ =
      "ConfirmedReads|AnsweredRounds|ReadNumbers|Acknowledgements|linearizability";
  private static final String TWO_HISTORIES =
      "StateMachineSafety|CommitOnQuorum|LeaderCompleteness|LogMatching";

  private static final String APPLIED_AGAIN =
      "exactly once|linearizability|Acknowledgements|StateMachineSafety";
  private static final String SHORT_LIFE = "a session lives";

  private PlantedBugs() {}

  static final List<PlantedBug> ALL =
      List.of(
          // --- what leaves before it is durable
          new PlantedBug(
              "entries acknowledged before they are on the disk",
              REPLICA,
              "out.sendWhenDurable(",
              "out.send(",
              "DurableBeforeReply",
              2),
          new PlantedBug(
              "vote given before it is on the disk",
              BALLOT,
              "out.sendWhenDurable(",
              "out.send(",
              "DurableBeforeReply",
              2),
          new PlantedBug(
              "votes asked for before the own one is on the disk",
              "io/raftkv/raft/core/Candidate.java",
              "out.sendWhenDurable(",
              "out.send(",
              "DurableBeforeReply",
              2),
          new PlantedBug(
              "the log lane answers, then syncs",
              LOG_LANE,
              "    if (hasWrites) {\n      sync();\n    }\n"
                  + "    if (responses > 0) {\n      release(responses);\n",
              "    if (responses > 0) {\n      release(responses);\n    }\n"
                  + "    if (hasWrites) {\n      sync();\n",
              "DurableBeforeReply",
              2),
          new PlantedBug(
              "vote and term saved one after the other",
              LOG_LANE,
              "persist.hardState().ifPresent(log::saveHardState);",
              "persist.hardState().ifPresent(h -> {\n"
                  + "      log.saveHardState(new io.raftkv.raft.HardState(\n"
                  + "          log.hardState().term(), h.votedFor()));\n"
                  + "      log.sync();\n      log.saveHardState(h);\n    });",
              "OneVotePerTerm",
              2),
          new PlantedBug(
              "vote forgotten when stepping down within a term",
              CORE,
              "if (term > term()) {\n      hardState",
              "if (term >= term()) {\n      hardState",
              "OneVotePerTerm|OneLeaderPerTerm",
              2),

          // --- what counts as committed
          new PlantedBug(
              "entries of old terms committed by counting",
              LEADER,
              "if (log.term(index) != core.term()) {",
              "if (index <= log.commitIndex()) {",
              "CommitOfOwnTerm|" + TWO_HISTORIES,
              7),
          new PlantedBug(
              "votes for candidates whose log is behind",
              BALLOT,
              "boolean isUpToDate = m.last().isAtLeastAsUpToDateAs(core.log().last());",
              "boolean isUpToDate = true;",
              "LeaderCompleteness|" + TWO_HISTORIES,
              15),
          new PlantedBug(
              "truncation ignored by tickets in flight",
              "io/raftkv/raft/core/PersistQueue.java",
              "ticket.vouchedIndex = Math.min(ticket.vouchedIndex, index - 1);",
              "ticket.vouchedIndex += 0;",
              "Bounds|" + TWO_HISTORIES,
              16),
          new PlantedBug(
              "leader counts itself by what is in memory",
              LEADER,
              "return core.log().durableIndex();",
              "return core.log().lastIndex();",
              "CommitOnQuorum",
              2),
          new PlantedBug(
              "one voter less than a majority is taken for one",
              "io/raftkv/raft/core/Quorum.java",
              "values[(values.length - 1) / 2]",
              "values[Math.min(values.length - 1, values.length / 2 + values.length % 2)]",
              "OneLeaderPerTerm|CommitOnQuorum|LeaderCompleteness",
              2),
          new PlantedBug(
              "what was found in the log counts as committed after a restart",
              CORE,
              "log.commitTo(snapshot.index());",
              "log.commitTo(log.lastIndex());",
              "a process starts|turns do not throw|a node does not fail|" + TWO_HISTORIES,
              3),
          new PlantedBug(
              "follower commits beyond what it knows to agree",
              REPLICA,
              "log.commitTo(Math.min(m.commitIndex(), match));",
              "log.commitTo(Math.min(m.commitIndex(), log.lastIndex()));",
              "a node does not fail|" + TWO_HISTORIES,
              625),
          new PlantedBug(
              "heartbeats carry a commit index beyond the follower's match",
              LEADER,
              "follower.commitSent = Math.min(commitIndexToTell(), follower.match());",
              "follower.commitSent = commitIndexToTell();",
              "a node does not fail|" + TWO_HISTORIES,
              15),
          new PlantedBug(
              "entries accepted whatever comes before them",
              REPLICA,
              "if (previous.index() >= log.baseIndex() && !log.matches(previous)) {",
              "if (previous.index() > log.lastIndex()) {",
              "DurableBeforeReply|" + TWO_HISTORIES,
              226),

          // --- who may lead
          new PlantedBug(
              "no pre-vote",
              CORE,
              "    PreCandidate candidate = new PreCandidate(this);\n    changeRole(candidate);\n"
                  + "    candidate.campaign();\n",
              "    becomeCandidate(false);\n",
              "Reign|Availability",
              4),
          new PlantedBug(
              "leader that no quorum answers stays",
              LEADER,
              "if (ticksLed == electionTicks && !isQuorumWell()) {",
              "if (ticksLed < 0) {",
              "Availability",
              27),
          new PlantedBug(
              "votes for others while a leader is heard",
              CORE,
              "!request.isTransfer() && role.isSticky()",
              "!request.isTransfer() && term() < 0",
              "Reign|Availability",
              1654),
          new PlantedBug(
              "a leader whose disk hangs leads on",
              "io/raftkv/raft/core/LeaderDisk.java",
              "    handOverIfItHangs();\n",
              "",
              "HungLeader",
              57),
          new PlantedBug(
              "a leader whose disk is full leads on",
              "io/raftkv/raft/core/LeaderDisk.java",
              "    handOverIfItIsFull();\n",
              "",
              "FullLeader",
              176),
          new PlantedBug(
              "a leader whose disk is full takes puts",
              CORE_LANE,
              "(room == Room.HARDLY_ANY && !parts.needsRoom().test(proposal.command()));",
              "room == Room.HARDLY_ANY;",
              "FullLeader",
              4),
          new PlantedBug(
              "a leader whose log is full takes everything",
              CORE_LANE,
              "room == Room.ENOUGH",
              "room != Room.HARDLY_ANY",
              "contract of the stores|FullLeader",
              94),

          // --- reads
          new PlantedBug(
              "a round that began before the read confirms it",
              READ_ROUNDS,
              "reads.add(from, readId, log.commitIndex(), round + 1);",
              "reads.add(from, readId, log.commitIndex(), round);",
              STALE_READ,
              3),
          new PlantedBug(
              "reads answered without asking anyone",
              READ_ROUNDS,
              "reads.add(from, readId, log.commitIndex(), round + 1);",
              "answer(new ReadQueue.Read(from, readId, log.commitIndex(), 0), true);",
              STALE_READ,
              3),
          new PlantedBug(
              "reads before the first commit of the term",
              READ_ROUNDS,
              "} else if (log.term(log.commitIndex()) != core.term()) {",
              "} else if (log.commitIndex() < 0) {",
              STALE_READ,
              47),
          new PlantedBug(
              "the answer to a heartbeat of an earlier term confirms a round of this one",
              CORE,
              "} else if (m instanceof Message.HeartbeatRequest) {\n"
                  + "      // Not its number: who sent it may lead this term too by now, and count"
                  + " rounds anew.\n"
                  + "      out.send(new Message.HeartbeatResponse(self, m.from(), term(), 0));",
              "} else if (m instanceof Message.HeartbeatRequest request) {\n"
                  + "      out.send(new Message.HeartbeatResponse(\n"
                  + "          self, m.from(), term(), request.readSequence()));",
              STALE_READ,
              3),
          new PlantedBug(
              "numbers of reads used again after a restart",
              CORE,
              "nextRemoteReadId = (long) random.nextInt(Integer.MAX_VALUE) << 32;",
              "nextRemoteReadId = 0;",
              STALE_READ,
              3),
          new PlantedBug(
              "a follower takes entries that its log has no room for",
              REPLICA,
              "if (!m.entries().isEmpty() && core.room() == Room.NONE) {",
              "if (m.entries().isEmpty() && core.room() == Room.NONE) {",
              "contract of the stores",
              94),

          // --- snapshots and files
          new PlantedBug(
              "snapshot of more than is on the disk",
              SNAPSHOTS,
              "isDue(handedIndex) || handedIndex > log.durableIndex() || !log",
              "isDue(handedIndex) || !log",
              "Bounds|a node does not fail",
              4),
          new PlantedBug(
              "log cut before the snapshot is on the disk",
              SNAPSHOT_LANE,
              "      sink.commit();\n",
              "      listener.snapshotTaken(meta, 0);\n      sink.commit();\n",
              "Bounds",
              1),
          new PlantedBug(
              "a damaged log cut before a snapshot holds what it held",
              SNAPSHOTS,
              "      schedule.request(index);\n",
              "      log.compactTo(Math.min(index, log.commitIndex()));\n",
              "Bounds|turns do not throw|a node does not fail",
              22),
          new PlantedBug(
              "snapshot installed beside a log that contradicts it",
              REPLICA,
              "if (log.matches(received.last())) {",
              "if (received.index() <= log.lastIndex()) {",
              "Bounds|a node does not fail|a process starts|" + TWO_HISTORIES,
              625),
          new PlantedBug(
              "a follower behind a cut log is never spoken to again",
              LEADER,
              "        // What is in flight is no longer in the log: it cannot even be asked for.\n"
                  + "        follower.connectionLost();\n",
              "",
              "convergence after healing|progress after healing|Availability",
              24),
          new PlantedBug(
              "no snapshot after one that failed",
              SCHEDULE,
              "  void failed() {\n    isUnderWay = false;\n",
              "  void failed() {\n",
              "SnapshotPace",
              1),
          new PlantedBug(
              "a snapshot is begun while one is under way",
              SCHEDULE,
              "return !isUnderWay && (",
              "return (",
              "OneSnapshotAtATime",
              8),
          new PlantedBug(
              "folder of the log not synced",
              SEGMENTED_LOG,
              "    volumes.rename(prepared.name(), header.fileName());\n"
                  + "    Failpoint.AFTER_SEGMENT_RENAME.pass();\n"
                  + "    volumes.syncDirectory();\n",
              "    volumes.rename(prepared.name(), header.fileName());\n",
              "contract of the stores|files are not damaged",
              6),
          new PlantedBug(
              "folder of the snapshots not synced",
              "io/raftkv/storage/SnapshotFiles.java",
              "    volumes.rename(temporary, name);\n"
                  + "    Failpoint.AFTER_SNAPSHOT_RENAME.pass();\n"
                  + "    volumes.syncDirectory();\n",
              "    volumes.rename(temporary, name);\n",
              "contract of the stores|a process starts",
              6),
          new PlantedBug(
              "damage cut off as if a crash had torn it",
              "io/raftkv/storage/LogRecovery.java",
              "      checkTail(name, position, zerosFrom);\n",
              "",
              "contract of the stores|damaged files are left alone",
              34),
          new PlantedBug(
              "cluster time goes back with the leader's clock",
              "io/raftkv/kv/KvState.java",
              "clusterTimeMillis = Math.max(clusterTimeMillis, entryTimeMillis);",
              "clusterTimeMillis = entryTimeMillis;",
              "ClusterTime",
              71),

          // --- what is kept in memory
          new PlantedBug(
              "entries leave the memory that the disk does not have",
              RAFT_LOG,
              "tail.evict(Math.min(durable, removable), Math.min(durable, done));",
              "tail.evict(removable, done);",
              "turns do not throw|a node does not fail",
              7),
          new PlantedBug(
              "a leader forgets entries that are not committed",
              CORE,
              "log.evictTail(handed, Math.min(handed, leader.matchedByAll()));",
              "log.evictTail(log.lastIndex(), Math.min(handed, leader.matchedByAll()));",
              "a node does not fail|turns do not throw",
              1),
          new PlantedBug(
              "entries leave the memory whoever needs them once it is full",
              ENTRY_TAIL,
              "(bytes > budgetBytes && firstIndex <= lastRemovable)",
              "bytes > budgetBytes",
              "a node does not fail|turns do not throw",
              1),
          new PlantedBug(
              "the memory does not begin anew where the log is truncated below it",
              ENTRY_TAIL,
              "    firstIndex = Math.min(firstIndex, index);\n",
              "",
              "a node does not fail|turns do not throw",
              7),
          new PlantedBug(
              "the ring of entries is turned when it grows",
              ENTRY_TAIL,
              "old[(int) (index & (old.length - 1))]",
              "old[(int) (index - firstIndex)]",
              "a node does not fail|" + TWO_HISTORIES,
              8),

          // --- members
          new PlantedBug(
              "members changed while an earlier change is not committed",
              MEMBERSHIP,
              "return isSettled() ? Optional.empty() : Optional.of(Reason.CHANGE_IN_PROGRESS);",
              "return Optional.empty();",
              "ChangesOfMembers|" + TWO_HISTORIES,
              7),
          new PlantedBug(
              "members changed before the leader committed in its own term",
              MEMBERSHIP,
              "        && log.term(log.commitIndex()) == core.term();",
              "        && log.commitIndex() > 0;",
              "ChangesOfMembers",
              58),
          new PlantedBug(
              "several voters changed without a joint configuration",
              CONFIGURATION,
              "return differing.size() > 1",
              "return differing.size() > 100",
              "ChangesOfMembers",
              7),
          new PlantedBug(
              "a joint configuration committed by the new voters alone",
              "io/raftkv/raft/core/Quorum.java",
              "return configuration.isJoint()\n",
              "return configuration.members().isEmpty()\n",
              "CommitOnQuorum|OneLeaderPerTerm|AnsweredRounds|ConfirmedReads|" + TWO_HISTORIES,
              75),
          new PlantedBug(
              "a joint configuration left before it is committed",
              MEMBERSHIP,
              "if (!isCommitted() || leader.isTransferring()) {",
              "if (leader.isTransferring()) {",
              "ChangesOfMembers|" + TWO_HISTORIES,
              7),
          new PlantedBug(
              "a learner gets a vote that has nothing yet",
              MEMBERSHIP,
              "        && follower.match() >= Math.max(committedBefore, core.configurationIndex());",
              "        && follower.match() >= 0;",
              "ChangesOfMembers",
              2),
          new PlantedBug(
              "a learner counts for a commit",
              CONFIGURATION,
              "return members.stream().filter(Member::isVoter).map(Member::id).toList();",
              "return members.stream().map(Member::id).toList();",
              "CommitOnQuorum|ChangesOfMembers|" + TWO_HISTORIES,
              2),
          new PlantedBug(
              "who stands in for a voter votes at once",
              "io/raftkv/raft/Member.java",
              "isVoter() ? Standing.JOINING : standing",
              "isVoter() ? Standing.VOTER : standing",
              "ChangesOfMembers",
              138),
          new PlantedBug(
              "a configuration stays when its entry is truncated",
              "io/raftkv/raft/core/RaftLog.java",
              "    configurations.truncateFrom(index);\n",
              "",
              "ChangesOfMembers",
              599),
          new PlantedBug(
              "a leader that was removed leads on",
              MEMBERSHIP,
              "      leader.abdicate();\n",
              "",
              "progress after healing",
              18),
          new PlantedBug(
              "who was removed may come back under its id",
              "io/raftkv/raft/core/MembershipChanges.java",
              "        current.removed().contains(added.id())\n            || ",
              "        ",
              "ChangesOfMembers",
              8),
          new PlantedBug(
              "who is removed by an entry that may be lost campaigns no more",
              CORE,
              "            || (configurationIndex() > commitIndex()",
              "            || (configurationIndex() < 0",
              "progress after healing",
              794),
          new PlantedBug(
              "somebody is told that it was removed before that is committed",
              CORE,
              "if (configurationIndex() > commitIndex()) {",
              "if (configurationIndex() > log.lastIndex()) {",
              "nobody is told",
              8),

          // --- damaged members, and who comes in their place
          new PlantedBug(
              "who stands in for a voter stays a learner",
              "io/raftkv/raft/Member.java",
              "isVoter() ? Standing.JOINING : standing",
              "isVoter() ? Standing.LEARNER : standing",
              "convergence after healing",
              17),
          new PlantedBug(
              "who was removed may stand in for somebody",
              "io/raftkv/raft/core/MembershipChanges.java",
              "    if (current.removed().contains(id)) {\n",
              "    if (id.isNone()) {\n",
              "ChangesOfMembers",
              1243),
          new PlantedBug(
              "a member that answers no more counts as active for its place",
              MEMBERSHIP,
              "new MembershipChanges(core.configuration(), isActive, this::isCaughtUp);",
              "new MembershipChanges(\n"
                  + "        core.configuration(), id -> leader.find(id) != null || id.equals(core.self()),"
                  + " this::isCaughtUp);",
              "convergence after healing",
              17),
          new PlantedBug(
              "who stands in for somebody has its place before that is committed",
              CORE_LANE,
              "if (core.lastEntry().index() > before) {",
              "if (core.lastEntry().index() < before) {",
              "who is let in is a member",
              17),

          // --- sessions
          new PlantedBug(
              "a repeated write is applied again",
              ONCE,
              "byte @Nullable [] kept = session.results().get(id.getSequence());",
              "byte[] kept = null;",
              "there is a result of|" + APPLIED_AGAIN,
              14),
          new PlantedBug(
              "a failed condition is not kept",
              ONCE,
              "    state.keepSessionResult(session.id(), id.getSequence(), result);\n",
              "    if (!Commands.decodeResult(result).getConditionFailed()) {\n"
                  + "      state.keepSessionResult(session.id(), id.getSequence(), result);\n    }\n",
              APPLIED_AGAIN,
              78),
          new PlantedBug(
              "results of sessions are not in the snapshots",
              "io/raftkv/kv/SnapshotWriter.java",
              "i < results.count(); i++",
              "i < results.count() - results.count(); i++",
              APPLIED_AGAIN,
              14),
          new PlantedBug(
              "the result of the first outstanding write is forgotten, too",
              "io/raftkv/kv/Session.java",
              "results.from(first)",
              "results.from(first + 1)",
              APPLIED_AGAIN,
              257),
          new PlantedBug(
              "a write below the window is applied again",
              ONCE,
              "if (id.getSequence() < session.firstOutstanding()) {",
              "if (id.getSequence() < 0) {",
              APPLIED_AGAIN,
              14),
          new PlantedBug(
              "a write of an ended session is applied",
              ONCE,
              "      return refused(state, whyNotOpen(state, id.getSessionId()));\n",
              "      return apply.get().toByteArray();\n",
              APPLIED_AGAIN,
              14),
          new PlantedBug(
              "keys stay when the session ends that they are attached to",
              "io/raftkv/kv/KvState.java",
              "for (byte[] key : attached.of(session.id())) {",
              "for (byte[] key : attached.of(0)) {",
              "StateMachineSafety|turns do not throw|a process starts",
              19),
          new PlantedBug(
              "a snapshot forgets which keys are attached",
              "io/raftkv/kv/SnapshotReader.java",
              "create, mod, version, expiryMillis, sessionId);",
              "create, mod, version, expiryMillis, 0);",
              "StateMachineSafety",
              19),
          new PlantedBug(
              "sessions expire whatever the time of the entry",
              SESSIONS,
              "if (session.expiryMillis() <= nowMillis && work < workMax) {",
              "if (work < workMax) {",
              SHORT_LIFE,
              1),
          new PlantedBug(
              "a session is not kept by what its client sends",
              SESSIONS,
              "session.heardAt(nowMillis, firstOutstanding)",
              "session.heardAt(session.heardMillis(), firstOutstanding)",
              SHORT_LIFE,
              1),
          new PlantedBug(
              "what the last session of a batch did is not in what is frozen",
              SESSIONS,
              "        settled().freeze(),",
              "        tree.freeze(),",
              APPLIED_AGAIN,
              14),
          new PlantedBug(
              "cluster time begins with the wall clock where a snapshot replaced the log",
              CORE_LANE,
              "Math.max(core.lastClusterTimeMillis(), stateMillis)",
              "core.lastClusterTimeMillis()",
              SHORT_LIFE,
              301),
          new PlantedBug(
              "a quorum that only answers heartbeats keeps its leader",
              LEADER,
              "follower.isActive && !follower.isStalled(ticksMax)",
              "follower.isActive",
              "Availability",
              27654),

          // --- replicas compared
          new PlantedBug(
              "an answer to one sample of the state counts for another",
              STATE_CHECK,
              "m.state().index() != asked.index()",
              "m.state().isNone()",
              "a node does not fail",
              3),
          new PlantedBug(
              "the state as it is now compared with the one that was asked for",
              STATE_CHECK,
              "OptionalLong hash = stateMachine.stateHashAt(sample.index());",
              "OptionalLong hash = OptionalLong.of(stateMachine.stateHash());",
              "a node does not fail",
              3),

          // --- answers to clients
          new PlantedBug(
              "an answer goes to whoever waits at the index, whatever the term",
              CORE_LANE,
              "if (!pending.isEmpty() && !(core.isLeader() && core.term() == pending.term())) {",
              "if (!pending.isEmpty() && pending.term() < 0) {",
              "Acknowledgements|linearizability|a node does not fail",
              4),
          new PlantedBug(
              "a request that may have been applied is called refused",
              CORE_LANE,
              "refuse(pending.takeAll(), Reason.LEADERSHIP_LOST);",
              "refuse(pending.takeAll(), Reason.NO_LEADER);",
              "linearizability",
              37),

          // --- while leadership is handed over
          new PlantedBug(
              "who waits for the next leader waits until there is one",
              "io/raftkv/raft/node/NextLeader.java",
              "return isAwaited && nowNanos - untilNanos < 0;",
              "return isAwaited;",
              "Answers",
              2),
          new PlantedBug(
              "what others sent is refused while leadership is handed over, and taken afterwards",
              CORE_LANE,
              "return isRemote;",
              "return false;",
              "linearizability|Acknowledgements",
              34),
          new PlantedBug(
              "who waits for the next leader is not told that the node stops",
              CORE_LANE,
              "    proposals.forEach(proposal -> proposal.completion().fail(notTaken));\n",
              "",
              "a node that stops",
              5),
          new PlantedBug(
              "who waits for the next leader is refused, and served all the same",
              CORE_LANE,
              "if (isRemote) {",
              "if (isRemote || !isRemote) {",
              "linearizability|Acknowledgements",
              64));
}
