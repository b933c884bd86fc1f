package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.EntryId;
import io.raftkv.raft.HardState;
import io.raftkv.raft.LogEntry;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.RaftOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The parts of the log against the simplest thing that does the same. */
class LogPartsTest {
  private static Member member(long id, boolean isVoter) {
    return new Member(new MemberId(id), "n" + id, "host:" + id, isVoter);
  }

  @Test
  void termRunsAnswerAsAListOfTermsWould() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      TermRuns runs = new TermRuns(new EntryId(10, 2));
      List<Long> terms = new ArrayList<>(List.of(2L));
      long base = 10;
      for (int step = 0; step < 100; step++) {
        long last = base + terms.size() - 1;
        switch (random.nextInt(6)) {
          case 0 -> {
            if (last > base) {
              long from = base + 1 + random.nextInt((int) (last - base));
              runs.truncateFrom(from);
              terms.subList((int) (from - base), terms.size()).clear();
            }
          }
          case 1 -> {
            long to = base + random.nextInt(terms.size());
            runs.compactTo(to);
            terms.subList(0, (int) (to - base)).clear();
            base = to;
          }
          default -> {
            long term = terms.get(terms.size() - 1) + (random.nextInt(4) == 0 ? 1 : 0);
            runs.append(term);
            terms.add(term);
          }
        }
        assertThat(runs.lastIndex()).isEqualTo(base + terms.size() - 1);
        for (int i = 0; i < terms.size(); i++) {
          assertThat(runs.term(base + i)).isEqualTo(terms.get(i));
        }
        assertThat(runs.term(base - 1)).isEqualTo(-1);
        assertThat(runs.term(runs.lastIndex() + 1)).isEqualTo(-1);
        assertThat(runs.firstIndexOfTermAt(runs.lastIndex()))
            .isEqualTo(base + terms.indexOf(terms.get(terms.size() - 1)));
      }
    }
  }

  @Test
  void tailKeepsWhatIsNeededAndForgetsTheRest() {
    EntryTail tail = new EntryTail(10 * (LogEntry.OVERHEAD_BYTES + 8), 0, 5);
    for (long index = 5; index < 205; index++) {
      tail.append(new LogEntry(index, 1, LogEntry.Kind.COMMAND, 0, new byte[8]));
    }

    tail.evict(100, 0);
    assertThat(tail.firstIndex()).isEqualTo(101);
    assertThat(tail.get(204).index()).isEqualTo(204);

    tail.evict(204, 0);
    assertThat(tail.firstIndex()).isEqualTo(195);
    assertThat(tail.slice(195, 300, 3, 1 << 20))
        .extracting(LogEntry::index)
        .containsExactly(195L, 196L, 197L);

    tail.truncateFrom(190);
    assertThat(tail.firstIndex()).isEqualTo(190);
    assertThat(tail.contains(190)).isFalse();
  }

  @Test
  void whatWasTruncatedTakesNoneOfTheTailsBudget() {
    EntryTail tail = new EntryTail(10 * (LogEntry.OVERHEAD_BYTES + 8), 0, 1);
    for (int round = 0; round < 20; round++) {
      for (long index = 1; index <= 10; index++) {
        tail.append(new LogEntry(index, round, LogEntry.Kind.COMMAND, 0, new byte[8]));
      }
      tail.evict(10, 0);
      assertThat(tail.firstIndex()).isEqualTo(1);
      tail.truncateFrom(1);
    }
  }

  @Test
  void tailForgetsMostOfWhatNobodyLacksBeforeItIsFull() {
    int sizeBytes = LogEntry.OVERHEAD_BYTES + 8;
    EntryTail tail = new EntryTail(160 * sizeBytes, 10 * sizeBytes, 1);
    for (long index = 1; index <= 100; index++) {
      tail.append(new LogEntry(index, 1, LogEntry.Kind.COMMAND, 0, new byte[8]));
    }

    tail.evict(100, 40);
    assertThat(tail.firstIndex()).isEqualTo(41);

    tail.evict(100, 100);
    assertThat(tail.firstIndex()).isEqualTo(91);
  }

  @Test
  void aSnapshotWaitsUntilTheLogIsLongBesideTheLastOne() {
    RaftOptions options = RaftOptions.DEFAULT.withSnapshots(10, 1 << 30, 0);
    int sizeBytes = LogEntry.OVERHEAD_BYTES + 36;
    SnapshotSchedule schedule = new SnapshotSchedule(options, 0, 10_000);

    schedule.handed(entries(1, 20), 0);
    assertThat(schedule.isDue(20)).isFalse();
    // 50 entries of 100 bytes are half of it; some of them are on disk alone.
    schedule.handed(new CommittedRange(21, 51, List.of()), sizeBytes);
    assertThat(schedule.isDue(50)).isTrue();

    schedule.begin(50);
    schedule.taken(0);
    schedule.handed(entries(51, 10), 0);
    assertThat(schedule.isDue(59)).isFalse();
    assertThat(schedule.isDue(60)).isTrue();
  }

  @Test
  void snapshotsAreTakenOneAtATimeAndGoOnAfterAFailure() {
    RaftOptions options = RaftOptions.DEFAULT.withSnapshots(10, 1 << 30, 0);
    SnapshotSchedule schedule = new SnapshotSchedule(options, 0, 0);
    schedule.handed(entries(1, 10), 0);
    assertThat(schedule.isDue(10)).isTrue();

    schedule.begin(10);
    schedule.handed(entries(11, 10), 0);
    assertThat(schedule.isDue(20)).as("one is under way").isFalse();

    schedule.failed();
    assertThat(schedule.isDue(19)).isFalse();
    assertThat(schedule.isDue(20)).isTrue();
  }

  @Test
  void aSnapshotThatWasAskedForIsDueUntilOneReachesSoFar() {
    SnapshotSchedule schedule = new SnapshotSchedule(RaftOptions.DEFAULT, 0, 0);

    schedule.request(15);
    assertThat(schedule.isDue(14)).isFalse();
    assertThat(schedule.isDue(15)).isTrue();

    schedule.restart(14);
    assertThat(schedule.isDue(15)).as("that one ends before").isTrue();

    schedule.begin(15);
    schedule.taken(0);
    assertThat(schedule.isDue(16)).isFalse();
  }

  private static CommittedRange entries(long from, int count) {
    List<LogEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(new LogEntry(from + i, 1, LogEntry.Kind.COMMAND, 0, new byte[36]));
    }
    return new CommittedRange(from, from + count, entries);
  }

  @Test
  void sliceHoldsAtLeastOneEntryHoweverLarge() {
    EntryTail tail = new EntryTail(1 << 20, 0, 1);
    tail.append(new LogEntry(1, 1, LogEntry.Kind.COMMAND, 0, new byte[5_000]));
    tail.append(new LogEntry(2, 1, LogEntry.Kind.COMMAND, 0, new byte[5_000]));

    assertThat(tail.slice(1, 3, 100, 10)).hasSize(1);
  }

  @Test
  void truncationLowersEveryTicketInFlight() {
    PersistQueue queue = new PersistQueue(5, HardState.INITIAL);
    long first = queue.begin(10, HardState.INITIAL, 0);
    queue.truncatedFrom(8);
    long second = queue.begin(9, HardState.INITIAL, 0);

    queue.done(first);
    assertThat(queue.durableIndex()).isEqualTo(7);
    queue.done(second);
    assertThat(queue.durableIndex()).isEqualTo(9);
  }

  @Test
  void configurationRollsBackWhenItsEntryIsTruncated() { // thesis 4.1
    Configuration first = Configuration.of(List.of(member(1, true)));
    Configuration second = Configuration.of(List.of(member(1, true), member(2, true)));
    ConfigurationHistory history = new ConfigurationHistory(1, first);

    history.append(7, second);
    assertThat(history.inForce()).isEqualTo(second);
    assertThat(history.at(6)).isEqualTo(first);

    history.truncateFrom(7);
    assertThat(history.inForce()).isEqualTo(first);
  }

  @Test
  void quorumOfAJointConfigurationNeedsBothMajorities() { // paper section 6
    Configuration joint =
        new Configuration(
            List.of(member(1, true), member(2, true), member(3, true), member(4, false)),
            List.of(new MemberId(1), new MemberId(4), new MemberId(5)));

    assertThat(Quorum.isQuorum(joint, id -> id.value() <= 3)).isFalse();
    assertThat(Quorum.isQuorum(joint, id -> id.value() != 2 && id.value() != 5)).isTrue();
    assertThat(Quorum.reachedByQuorum(joint, MemberId::value)).isEqualTo(2);
  }

  @Test
  void quorumIsMoreThanHalf() {
    for (int n = 1; n <= 7; n++) {
      List<Member> members = new ArrayList<>();
      for (int i = 1; i <= n; i++) {
        members.add(member(i, true));
      }
      Configuration configuration = Configuration.of(members);
      int majority = n / 2 + 1;
      assertThat(Quorum.isQuorum(configuration, id -> id.value() <= majority)).isTrue();
      assertThat(Quorum.isQuorum(configuration, id -> id.value() < majority)).isFalse();
    }
  }

  @Test
  void nobodyIsAQuorumOfNobody() {
    assertThat(Quorum.isQuorum(Configuration.EMPTY, id -> true)).isFalse();
  }

  @Test
  void configurationSurvivesItsEncoding() {
    Configuration configuration =
        new Configuration(
            List.of(member(3, true), member(1, false)), List.of(new MemberId(9), new MemberId(2)));

    assertThat(Configuration.decode(configuration.encode())).isEqualTo(configuration);
  }

  @Test
  void damagedConfigurationIsRefused() {
    byte[] bytes = Configuration.of(List.of(member(1, true), member(2, true))).encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Configuration.decode(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
