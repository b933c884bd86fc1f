package io.raftkv.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.raftkv.proto.peer.v1.CloseSessionCommand;
import io.raftkv.proto.peer.v1.Command;
import io.raftkv.proto.peer.v1.CommandResult;
import io.raftkv.proto.peer.v1.CompactCommand;
import io.raftkv.proto.peer.v1.DeleteCommand;
import io.raftkv.proto.peer.v1.ExpireCommand;
import io.raftkv.proto.peer.v1.ExpireSessionsCommand;
import io.raftkv.proto.peer.v1.KeepSessionCommand;
import io.raftkv.proto.peer.v1.OpenSessionCommand;
import io.raftkv.proto.peer.v1.PutCommand;
import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Encodes commands, once, as they will stand in the log of every member, and decodes their results.
 * Sizes of keys and values are checked by the caller. For any thread.
 */
public final class Commands {
  private Commands() {}

  /** What must hold for a put to take place. */
  public sealed interface PutCondition {
    /** Always. */
    record None() implements PutCondition {}

    /** Only if the key does not exist. */
    record IfAbsent() implements PutCondition {}

    /** Only if the key's mod_revision is this; 0 stands for a key that does not exist. */
    record IfRevision(long revision) implements PutCondition {}

    PutCondition NONE = new None();
    PutCondition IF_ABSENT = new IfAbsent();

    static PutCondition ifRevision(long revision) {
      return new IfRevision(revision);
    }
  }

  /** An unconditional put without time to live. */
  public static byte[] put(byte[] key, byte[] value) {
    return put(wrap(key), wrap(value), PutCondition.NONE, 0, false);
  }

  /** A put that may be applied again with every copy of it that is proposed. */
  public static byte[] put(
      ByteString key,
      ByteString value,
      PutCondition condition,
      long ttlMillis,
      boolean returnPrevious) {
    return put(key, value, condition, ttlMillis, returnPrevious, 0, null);
  }

  /** A put of a key that is attached to no session. */
  public static byte[] put(
      ByteString key,
      ByteString value,
      PutCondition condition,
      long ttlMillis,
      boolean returnPrevious,
      @Nullable RequestId requestId) {
    return put(key, value, condition, ttlMillis, returnPrevious, 0, requestId);
  }

  /**
   * A put.
   *
   * @param sessionId the key is deleted when this session ends; 0: it is attached to none
   * @param requestId if present, it is applied at most once
   * @param ttlMillis the key is deleted this long after the write, by cluster time; 0: it stays
   * @throws IllegalArgumentException if the time to live or the revision is negative
   */
  public static byte[] put(
      ByteString key,
      ByteString value,
      PutCondition condition,
      long ttlMillis,
      boolean returnPrevious,
      long sessionId,
      @Nullable RequestId requestId) {
    PutCommand.Builder put =
        PutCommand.newBuilder()
            .setKey(key)
            .setValue(value)
            .setTtlMillis(notNegative(ttlMillis, "time to live"))
            .setReturnPrevious(returnPrevious)
            .setSessionId(sessionId);
    if (condition instanceof PutCondition.IfAbsent) {
      put.setCondition(CommandApplier.IF_ABSENT);
    } else if (condition instanceof PutCondition.IfRevision only) {
      put.setCondition(CommandApplier.IF_REVISION)
          .setIfRevision(notNegative(only.revision(), "revision"));
    }
    return encode(Command.newBuilder().setPut(put), requestId);
  }

  private static byte[] encode(Command.Builder command, @Nullable RequestId requestId) {
    if (requestId != null) {
      command.setRequestId(
          io.raftkv.proto.peer.v1.RequestId.newBuilder()
              .setSessionId(requestId.sessionId())
              .setSequence(requestId.sequence())
              .setFirstOutstanding(requestId.firstOutstanding()));
    }
    return command.build().toByteArray();
  }

  /**
   * A delete of one key.
   *
   * @param requestId if present, it is applied at most once
   * @param ifRevision if present, only if the key's mod_revision is this; 0 stands for a key that
   *     does not exist
   */
  public static byte[] delete(
      ByteString key,
      OptionalLong ifRevision,
      boolean returnPrevious,
      @Nullable RequestId requestId) {
    DeleteCommand.Builder delete =
        DeleteCommand.newBuilder().setStart(key).setSingle(true).setReturnPrevious(returnPrevious);
    if (ifRevision.isPresent()) {
      delete.setIfRevision(notNegative(ifRevision.getAsLong(), "revision"));
    }
    return encode(Command.newBuilder().setDelete(delete), requestId);
  }

  /** A delete of one key that may be applied again with every copy of it that is proposed. */
  public static byte[] delete(ByteString key, OptionalLong ifRevision, boolean returnPrevious) {
    return delete(key, ifRevision, returnPrevious, null);
  }

  /** An unconditional delete of one key. */
  public static byte[] delete(byte[] key) {
    return delete(wrap(key), OptionalLong.empty(), false, null);
  }

  /**
   * A delete of a range.
   *
   * @param limit at most so many keys, in key order; 0: no limit of the request
   * @param requestId if present, it is applied at most once
   */
  public static byte[] delete(
      KeyRange range, long limit, boolean returnPrevious, @Nullable RequestId requestId) {
    DeleteCommand.Builder delete =
        DeleteCommand.newBuilder()
            .setStart(wrap(range.start()))
            .setLimit(notNegative(limit, "limit"))
            .setReturnPrevious(returnPrevious);
    byte @Nullable [] end = range.endExclusiveOrNull();
    if (end != null) {
      delete.setEnd(wrap(end));
    }
    return encode(Command.newBuilder().setDelete(delete), requestId);
  }

  /** A delete of a range that may be applied again with every copy of it that is proposed. */
  public static byte[] delete(KeyRange range, long limit, boolean returnPrevious) {
    return delete(range, limit, returnPrevious, null);
  }

  /**
   * Forgets what only reads below this revision need; a later revision than the last means it. A
   * command forgets a bounded part at a time: {@link KvView#compactedRevision} tells how far it
   * got.
   */
  public static byte[] compact(long revision) {
    CompactCommand.Builder compact =
        CompactCommand.newBuilder().setRevision(notNegative(revision, "revision"));
    return Command.newBuilder().setCompact(compact).build().toByteArray();
  }

  /** Deletes at most so many of the keys whose time has passed; 0: as many as one command may. */
  public static byte[] expire(int limit) {
    ExpireCommand.Builder expire =
        ExpireCommand.newBuilder().setLimit((int) notNegative(limit, "limit"));
    return Command.newBuilder().setExpire(expire).build().toByteArray();
  }

  /**
   * Opens a session.
   *
   * @param ttlMillis without a word for longer than this, by cluster time, it may be expired
   * @throws IllegalArgumentException if that is not above zero
   */
  public static byte[] openSession(String name, long ttlMillis) {
    if (ttlMillis < 1) {
      throw new IllegalArgumentException("time to live of a session: " + ttlMillis);
    }
    OpenSessionCommand.Builder open =
        OpenSessionCommand.newBuilder().setName(name).setTtlMillis(ttlMillis);
    return Command.newBuilder().setOpenSession(open).build().toByteArray();
  }

  /**
   * Says that the client of a session is there.
   *
   * @param firstOutstanding it has the results of all sequences below; 0: not told
   */
  public static byte[] keepSession(long sessionId, long firstOutstanding) {
    KeepSessionCommand.Builder keep =
        KeepSessionCommand.newBuilder()
            .setSessionId(sessionId)
            .setFirstOutstanding(notNegative(firstOutstanding, "sequence"));
    return Command.newBuilder().setKeepSession(keep).build().toByteArray();
  }

  /** Ends a session. */
  public static byte[] closeSession(long sessionId) {
    CloseSessionCommand.Builder close = CloseSessionCommand.newBuilder().setSessionId(sessionId);
    return Command.newBuilder().setCloseSession(close).build().toByteArray();
  }

  /** Ends sessions whose time has passed; a bounded part of them at a time. */
  public static byte[] expireSessions() {
    return Command.newBuilder()
        .setExpireSessions(ExpireSessionsCommand.getDefaultInstance())
        .build()
        .toByteArray();
  }

  /**
   * The result of a command.
   *
   * @throws IllegalStateException if these bytes are none: a defect
   */
  public static CommandResult decodeResult(byte[] result) {
    try {
      return CommandResult.parseFrom(result);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("undecodable command result", e);
    }
  }

  /** Whether every member of this version could apply these bytes. */
  public static boolean isCommand(byte[] bytes) {
    return CommandApplier.isCommand(bytes);
  }

  /** Whether this is a command that may make the store larger. */
  public static boolean isPut(byte[] command) {
    try {
      return decode(command).hasPut();
    } catch (IOException e) {
      throw new IllegalArgumentException("not a command", e);
    }
  }

  /**
   * The command that these bytes are. Its keys and values are views of them, no copies.
   *
   * @throws IOException if they are none
   */
  static Command decode(byte[] bytes) throws IOException {
    CodedInputStream input = wrap(bytes).newCodedInput();
    input.enableAliasing(true);
    Command command = Command.parseFrom(input);
    input.checkLastTagWas(0);
    return command;
  }

  static ByteString wrap(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  private static long notNegative(long value, String what) {
    if (value < 0) {
      throw new IllegalArgumentException("negative " + what + ": " + value);
    }
    return value;
  }
}
