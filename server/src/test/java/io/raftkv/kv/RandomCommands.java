package io.raftkv.kv;

import com.google.protobuf.ByteString;
import io.raftkv.raft.LogEntry;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Draws commands over few keys, so that they meet. The same seed draws the same. */
final class RandomCommands {
  private final SplittableRandom random;
  private final int keys;
  private long index;
  private long timeMillis = 5_000;

  /** What the drawer believes the revision to be; only has to be near. */
  private long revisionGuess = 1;

  RandomCommands(long seed) {
    this.random = new SplittableRandom(seed);
    this.keys = 3 + random.nextInt(60);
  }

  LogEntry next() {
    index++;
    timeMillis += random.nextInt(40) - 5;
    if (random.nextInt(25) == 0) {
      LogEntry.Kind kind = random.nextBoolean() ? LogEntry.Kind.NO_OP : LogEntry.Kind.CONFIGURATION;
      return new LogEntry(index, 2, kind, timeMillis, new byte[] {1, 2, 3});
    }
    return new LogEntry(index, 2, LogEntry.Kind.COMMAND, timeMillis, command());
  }

  private byte[] command() {
    int kind = random.nextInt(100);
    if (kind < 55) {
      revisionGuess++;
      return put();
    }
    if (kind < 70) {
      return Commands.delete(
          key(),
          random.nextInt(3) == 0 ? OptionalLong.of(revision()) : OptionalLong.empty(),
          random.nextBoolean(),
          requestId());
    }
    if (kind < 80) {
      return Commands.delete(range(), random.nextInt(8), random.nextBoolean(), requestId());
    }
    if (kind < 86) {
      return Commands.expire(random.nextInt(5));
    }
    if (kind < 94) {
      return session();
    }
    return Commands.compact(Math.max(0, revisionGuess - random.nextInt(60) + 5));
  }

  private byte[] session() {
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> Commands.openSession("s" + random.nextInt(9), 1 + random.nextInt(2_000));
      case 3, 4 -> Commands.keepSession(sessionId(), random.nextInt(12));
      case 5 -> Commands.closeSession(sessionId());
      default -> Commands.expireSessions();
    };
  }

  private long sessionId() {
    return random.nextInt(12);
  }

  /** Mostly of few sessions and sequences, so that they meet, too. */
  private @Nullable RequestId requestId() {
    if (random.nextBoolean()) {
      return null;
    }
    long sequence = random.nextInt(12);
    return new RequestId(sessionId(), sequence, Math.max(0, sequence - random.nextInt(9)));
  }

  private byte[] put() {
    Commands.PutCondition condition =
        switch (random.nextInt(6)) {
          case 0 -> Commands.PutCondition.IF_ABSENT;
          case 1 -> Commands.PutCondition.ifRevision(revision());
          default -> Commands.PutCondition.NONE;
        };
    byte[] value = new byte[random.nextInt(40)];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) random.nextInt();
    }
    long ttlMillis =
        switch (random.nextInt(8)) {
          case 0, 1 -> 1 + random.nextInt(400);
          case 2 -> Long.MAX_VALUE;
          default -> 0;
        };
    return Commands.put(
        key(),
        ByteString.copyFrom(value),
        condition,
        ttlMillis,
        random.nextBoolean(),
        random.nextInt(3) == 0 ? sessionId() : 0,
        requestId());
  }

  private KeyRange range() {
    return switch (random.nextInt(3)) {
      case 0 -> KeyRange.prefix(new byte[] {(byte) (random.nextInt(8) * 32)});
      case 1 -> KeyRange.of(key().toByteArray(), key().toByteArray());
      default -> KeyRange.of(key().toByteArray(), null);
    };
  }

  private long revision() {
    return Math.max(0, revisionGuess - random.nextInt(20));
  }

  private ByteString key() {
    int number = random.nextInt(keys);
    byte[] key = {(byte) (number * 32), (byte) (number / 8)};
    return ByteString.copyFrom(key, 0, number % 5 == 0 ? 1 : 2);
  }
}
