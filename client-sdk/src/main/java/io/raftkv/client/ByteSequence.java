package io.raftkv.client;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Immutable bytes: a key or a value. Ordered as unsigned bytes, as the store orders its keys.
 *
 * <p>Thread-safe.
 */
public final class ByteSequence implements Comparable<ByteSequence> {
  /** No bytes at all. */
  public static final ByteSequence EMPTY = new ByteSequence(new byte[0]);

  private static final int SHOWN_BYTES_MAX = 256;

  private final byte[] bytes;

  private ByteSequence(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Copies {@code bytes}. */
  public static ByteSequence of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new ByteSequence(bytes.clone());
  }

  /** Encodes {@code text} as UTF-8; an unpaired surrogate becomes {@code ?}. */
  public static ByteSequence of(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Takes {@code bytes} without a copy; the caller gives the array away and never writes to it. */
  public static ByteSequence wrap(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new ByteSequence(bytes);
  }

  /** Number of bytes. */
  public int size() {
    return bytes.length;
  }

  /** Whether there are no bytes. */
  public boolean isEmpty() {
    return bytes.length == 0;
  }

  /** The byte at {@code index}, 0 to {@code size() - 1}. */
  public byte at(int index) {
    return bytes[index];
  }

  /** Whether the first bytes are those of {@code prefix}. */
  public boolean startsWith(ByteSequence prefix) {
    int length = prefix.bytes.length;
    return length <= bytes.length && Arrays.equals(bytes, 0, length, prefix.bytes, 0, length);
  }

  /** These bytes followed by those of {@code other}. */
  public ByteSequence concat(ByteSequence other) {
    byte[] joined = Arrays.copyOf(bytes, Math.addExact(bytes.length, other.bytes.length));
    System.arraycopy(other.bytes, 0, joined, bytes.length, other.bytes.length);
    return wrap(joined);
  }

  /** A copy of the bytes. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** A read-only view, without a copy. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  /** The text, with the replacement character where the bytes are not UTF-8. */
  public String utf8() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The text, or empty if the bytes are not UTF-8. */
  public Optional<String> strictUtf8() {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return Optional.of(text.toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  @Override
  public int compareTo(ByteSequence other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ByteSequence that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /**
   * For people and logs: one line without control characters; the text if it is harmless UTF-8,
   * else {@code 0x} and hexadecimal digits. Long content is cut, with its size.
   */
  @Override
  public String toString() {
    boolean isCut = bytes.length > SHOWN_BYTES_MAX;
    Optional<String> text = isCut ? Optional.empty() : strictUtf8();
    if (text.isPresent() && text.get().codePoints().allMatch(ByteSequence::isHarmless)) {
      return text.get();
    }
    int shown = Math.min(bytes.length, SHOWN_BYTES_MAX);
    String hex = "0x" + HexFormat.of().formatHex(bytes, 0, shown);
    return isCut ? hex + "... (" + bytes.length + " bytes)" : hex;
  }

  private static boolean isHarmless(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
