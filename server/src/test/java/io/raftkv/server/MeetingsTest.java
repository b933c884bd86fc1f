package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MemberId;
import io.raftkv.raft.StableStore.Identity;
import io.raftkv.storage.DataDir;
import io.raftkv.storage.MetMembers;
import io.raftkv.transport.Acquaintances.Meeting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeetingsTest {
  private static final MemberId B = new MemberId(0xb);
  private static final MemberId C = new MemberId(0xc);

  @TempDir Path folder;
  private final List<String> disowned = Collections.synchronizedList(new ArrayList<>());
  private DataDir dataDir;
  private MetMembers met;
  private Meetings meetings;

  @BeforeEach
  void open() {
    dataDir = DataDir.open(folder.resolve("n1"));
    dataDir.claim(new Identity(7, new MemberId(0xa)), Meetings.needed(3));
    met = dataDir.met();
    meetings = new Meetings("n1", met, disowned::add);
  }

  @AfterEach
  void close() throws InterruptedException {
    meetings.close();
    dataDir.close();
  }

  private static void soon(Runnable assertion) {
    Awaitility.await().untilAsserted(assertion::run);
  }

  /** All ways in which members can have met, and have lost what they knew. */
  @Test
  void whoComesAgainWithAnotherFolderMeetsOneWhoKnows() {
    for (int founders = 2; founders <= 7; founders++) {
      int others = founders - 1;
      int bearable = (founders - 1) / 2;
      assertThat(isNoticed(others, Meetings.needed(founders), bearable)).isTrue();
      assertThat(isNoticed(others, Meetings.needed(founders) - 1, bearable)).isFalse();
    }
    assertThat(Meetings.needed(1)).isZero();
    assertThat(Meetings.needed(3)).isEqualTo(2);
    assertThat(Meetings.needed(5)).isEqualTo(3);
  }

  private static boolean isNoticed(int others, int needed, int bearable) {
    int sets = 1 << others;
    for (int before = 0; before < sets; before++) {
      for (int now = 0; now < sets; now++) {
        for (int lost = 0; lost < sets; lost++) {
          boolean isCase =
              Integer.bitCount(before) == needed
                  && Integer.bitCount(now) == needed
                  && Integer.bitCount(lost) <= Math.max(0, bearable - 1);
          if (isCase && (before & now & ~lost) == 0) {
            return false;
          }
        }
      }
    }
    return needed > 0;
  }

  @Test
  void memberIsKnownOnceItIsNotedAndOnlyWithTheFolderItCameWith() {
    assertThat(meetings.meet(B, 5)).isEqualTo(Meeting.NEW);
    soon(() -> assertThat(meetings.meet(B, 5)).isEqualTo(Meeting.KNOWN));

    assertThat(dataDir.met().members()).containsEntry(B, 5L);
    assertThat(meetings.meet(B, 6)).isEqualTo(Meeting.OTHER_FOLDER);
    assertThat(meetings.meet(B, 0)).isEqualTo(Meeting.OTHER_FOLDER);
    // Who keeps nothing and never did is not remembered.
    assertThat(meetings.meet(C, 0)).isEqualTo(Meeting.KNOWN);
    assertThat(dataDir.met().members()).doesNotContainKey(C);
  }

  @Test
  void founderTakesPartOnceBothOthersHaveMetIt() {
    assertThat(meetings.mayTakePart()).isFalse();
    meetings.metBy(B);
    meetings.metBy(B);
    assertThat(meetings.mayTakePart()).isFalse();
    assertThat(dataDir.met().needed()).isEqualTo(2);

    meetings.metBy(C);

    soon(() -> assertThat(meetings.mayTakePart()).isTrue());
    assertThat(dataDir.met().needed()).isZero();
    try (Meetings again = new Meetings("n1", dataDir.met(), disowned::add)) {
      assertThat(again.mayTakePart()).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void founderTakesPartOnceThatIsDurable() throws IOException {
    Path inTheWay = Files.createDirectory(folder.resolve("n1").resolve("met.tmp"));
    meetings.metBy(B);
    meetings.metBy(C);
    assertThat(meetings.mayTakePart()).isFalse();

    Files.delete(inTheWay);

    soon(() -> assertThat(meetings.mayTakePart()).isTrue());
    assertThat(dataDir.met().needed()).isZero();
  }

  @Test
  void whoStartsNoClusterTakesPartAtOnce() throws InterruptedException {
    try (DataDir joining = DataDir.open(folder.resolve("n4"))) {
      joining.claim(new Identity(7, new MemberId(0xd)));
      try (Meetings alone = new Meetings("n4", joining.met(), disowned::add)) {
        assertThat(alone.mayTakePart()).isTrue();
      }
    }
  }

  @Test
  void whoIsDisownedIsToldOnce() {
    meetings.disownedBy(B, "you had another one");
    meetings.disownedBy(C, "so I say");

    soon(() -> assertThat(disowned).hasSize(1));
    assertThat(disowned.get(0)).contains(B.toString(), "you had another one");
  }
}
