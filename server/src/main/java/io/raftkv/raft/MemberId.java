package io.raftkv.raft;

/** Identity of a member: drawn once, never used again for another disk. Ordered by value. */
public record MemberId(long value) implements Comparable<MemberId> {
  /** No member: no vote given, no leader known. */
  public static final MemberId NONE = new MemberId(0);

  public boolean isNone() {
    return value == 0;
  }

  @Override
  public int compareTo(MemberId other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MemberId that && that.value == value;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  /** Sixteen hexadecimal digits. */
  @Override
  public String toString() {
    return isNone() ? "none" : String.format("%016x", value);
  }
}
