package io.raftkv.server;

import io.raftkv.raft.MemberId;
import io.raftkv.storage.MetMembers;
import io.raftkv.transport.Acquaintances;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a founding member whose data directory was lost from coming back under its old id, with an
 * empty one, to vote again where it voted before.
 *
 * <p>Its id follows from its name, so the id cannot tell. The folder can: whoever meets a member
 * notes, durably, with which folder it came, and turns it away when it comes with another one. A
 * new folder takes no part until enough other members have noted it: of three members both others,
 * of five three. So a new cluster begins when that many have met; after that it never matters
 * again.
 *
 * <p>For any thread; what has to wait for the disk is done by a thread of its own.
 */
final class Meetings implements Acquaintances, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Meetings.class);
  private static final long END_MILLIS_MAX = 1_000;
  private static final long AGAIN_MILLIS = 1_000;

  private final String name;
  private final MetMembers met;
  private final Consumer<String> disowned;
  private final ScheduledExecutorService notes;

  /** What is noted, and durable. */
  private final Map<MemberId, Long> known;

  private final Set<MemberId> beingNoted = ConcurrentHashMap.newKeySet();

  /** Members that have noted this folder. */
  private final Set<MemberId> metBy = ConcurrentHashMap.newKeySet();

  private final int needed;
  private final AtomicBoolean isDisowned = new AtomicBoolean();
  private volatile boolean mayTakePart;

  /**
   * @param disowned told once, why, if another member knows this one with another folder
   */
  Meetings(String name, MetMembers met, Consumer<String> disowned) {
    this.name = name;
    this.met = met;
    this.disowned = disowned;
    known = new ConcurrentHashMap<>(met.members());
    needed = met.needed();
    mayTakePart = needed == 0;
    notes =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, name + "-met");
              thread.setDaemon(true);
              return thread;
            });
    if (!mayTakePart) {
      LOG.info("{} is new, and takes part once it has met {} other members", name, needed);
    }
  }

  /**
   * How many others have to have met a new founder. Those who met it once and those who meet it
   * when it comes again have to have one in common who still knows, even if as many members have
   * lost what they knew, itself among them, as a cluster can lose.
   */
  static int needed(int founders) {
    int bearable = (founders - 1) / 2;
    return founders < 2 ? 0 : (founders + bearable) / 2;
  }

  @Override
  public long folder() {
    return met.folder();
  }

  @Override
  public Meeting meet(MemberId member, long folder) {
    Long before = known.get(member);
    if (before == null && folder == NO_FOLDER) {
      return Meeting.KNOWN;
    }
    if (before == null) {
      if (beingNoted.add(member)) {
        later(() -> note(member, folder), 0);
      }
      return Meeting.NEW;
    }
    return before == folder ? Meeting.KNOWN : Meeting.OTHER_FOLDER;
  }

  private void note(MemberId member, long folder) {
    try {
      met.note(member, folder);
      known.put(member, folder);
    } catch (UncheckedIOException e) {
      LOG.error("{}: it is not noted that {} was met: {}", name, member, Failures.describe(e));
    } finally {
      beingNoted.remove(member);
    }
  }

  @Override
  public void metBy(MemberId member) {
    if (!mayTakePart && metBy.add(member) && metBy.size() >= needed) {
      later(this::accept, 0);
    }
  }

  private void accept() {
    if (mayTakePart) {
      return;
    }
    try {
      met.noteAccepted();
      mayTakePart = true;
      LOG.info("{} has met the others and takes part", name);
    } catch (UncheckedIOException e) {
      LOG.error("{}: it is not noted that it takes part: {}", name, Failures.describe(e));
      later(this::accept, AGAIN_MILLIS);
    }
  }

  @Override
  public void disownedBy(MemberId member, String why) {
    if (isDisowned.compareAndSet(false, true)) {
      later(() -> disowned.accept("member " + member + " says: " + why), 0);
    }
  }

  @Override
  public boolean mayTakePart() {
    return mayTakePart;
  }

  private void later(Runnable task, long afterMillis) {
    try {
      notes.schedule(task, afterMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("{} has stopped", name, e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    notes.shutdown();
    if (!notes.awaitTermination(END_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
      LOG.warn("{}: it is still being noted who was met", name);
    }
  }
}
