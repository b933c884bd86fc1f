package io.raftkv.transport;

import static io.raftkv.transport.Pair.A;
import static io.raftkv.transport.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.MemberId;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who comes with another folder than before is not heard, and is told so. */
@Timeout(60)
class AcquaintancesTest {
  private static final class Remembered implements Acquaintances {
    private final long folder;
    final Map<MemberId, Long> met = new ConcurrentHashMap<>();
    final Set<MemberId> metBy = ConcurrentHashMap.newKeySet();
    final List<String> disowned = new CopyOnWriteArrayList<>();
    volatile boolean mayTakePart = true;

    Remembered(long folder) {
      this.folder = folder;
    }

    @Override
    public long folder() {
      return folder;
    }

    @Override
    public Meeting meet(MemberId member, long itsFolder) {
      Long before = met.putIfAbsent(member, itsFolder);
      if (before == null) {
        return Meeting.NEW;
      }
      return before == itsFolder ? Meeting.KNOWN : Meeting.OTHER_FOLDER;
    }

    @Override
    public void metBy(MemberId member) {
      metBy.add(member);
    }

    @Override
    public void disownedBy(MemberId member, String why) {
      disowned.add(why);
    }

    @Override
    public boolean mayTakePart() {
      return mayTakePart;
    }
  }

  private final Remembered knownToA = new Remembered(1);
  private final Remembered knownToB = new Remembered(2);
  private final Inbox inboxA = new Inbox();
  private final Inbox inboxB = new Inbox();
  private GrpcTransport a;
  private GrpcTransport b;

  private void start() throws IOException {
    a = GrpcTransport.bind(Pair.options(A), knownToA);
    b = GrpcTransport.bind(Pair.options(B), knownToB);
    Configuration members = Pair.members(a.port(), b.port());
    a.setMembers(members);
    b.setMembers(members);
    a.start(inboxA);
    b.start(inboxB);
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
  }

  @Test
  void membersMeetAndAreHeard() throws Exception {
    start();

    Pair.connect(a, A, B, inboxB);
    Pair.connect(b, B, A, inboxA);

    assertThat(knownToA.met).containsExactly(Map.entry(B, 2L));
    assertThat(knownToB.met).containsExactly(Map.entry(A, 1L));
    assertThat(knownToA.metBy).containsExactly(B);
    assertThat(knownToB.metBy).containsExactly(A);
  }

  @Test
  void whoMayNotTakePartYetHearsNothing() throws Exception {
    knownToB.mayTakePart = false;
    start();
    Awaitility.await().until(() -> a.isConnected(B) && b.isConnected(A));

    for (int i = 0; i < 50; i++) {
      a.send(List.of(Pair.heartbeat(A, B, i)));
    }
    Pair.connect(b, B, A, inboxA);
    assertThat(inboxB.control).isEmpty();

    knownToB.mayTakePart = true;
    Pair.connect(a, A, B, inboxB);
  }

  @Test
  void whoComesWithAnotherFolderIsNotHeardAndIsTold() throws Exception {
    knownToA.met.put(B, 77L);
    start();

    // It is told every time that it comes, and what is sent in between is dropped.
    Awaitility.await()
        .until(
            () -> {
              a.send(List.of(Pair.heartbeat(A, B, 1)));
              b.send(List.of(Pair.heartbeat(B, A, 1)));
              return knownToB.disowned.size() >= 3;
            });

    assertThat(knownToB.disowned.get(0))
        .contains("member " + B + " came with another data directory before");
    assertThat(knownToB.metBy).isEmpty();
    // It was not A that lost something.
    assertThat(knownToA.disowned).isEmpty();
    assertThat(inboxA.control).isEmpty();
    assertThat(inboxB.control).isEmpty();
    assertThat(a.isConnected(B)).isFalse();
    assertThat(b.isConnected(A)).isFalse();
  }
}
