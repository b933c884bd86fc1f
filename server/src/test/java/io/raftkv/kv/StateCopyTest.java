package io.raftkv.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class StateCopyTest {
  private static final long SKIPPED = 1_000_000;

  private final Machines store = new Machines(KvLimits.DEFAULT);

  private byte[] state() {
    long session = store.run(Commands.openSession("first", 60_000)).getSessionId();
    for (int i = 0; i < 20; i++) {
      store.run(Commands.put(Machines.bytes("k" + i % 7), Machines.bytes("v" + i)));
    }
    assertThat(session).isPositive();
    return Machines.snapshot(store.machine);
  }

  private static byte[] copy(InputStream from) throws IOException {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    StateCopy.copy(from, to, SKIPPED);
    return to.toByteArray();
  }

  private static byte[] copy(byte[] from) throws IOException {
    return copy(new ByteArrayInputStream(from));
  }

  @Test
  void theCopyIsTheStateThatSkipsNumbers() throws IOException {
    byte[] state = state();
    ByteArrayOutputStream further = new ByteArrayOutputStream();
    store.view().skipping(SKIPPED).writeTo(further);

    ByteArrayOutputStream to = new ByteArrayOutputStream();
    StateCopy.Copied copied = StateCopy.copy(new ByteArrayInputStream(state), to, SKIPPED);

    assertThat(to.toByteArray()).isEqualTo(further.toByteArray());
    assertThat(copied)
        .isEqualTo(
            new StateCopy.Copied(
                store.view().appliedIndex(), store.view().revision() + SKIPPED, 7, 1));
    assertThat(Machines.restored(to.toByteArray(), KvLimits.DEFAULT).view().revision())
        .isEqualTo(store.view().revision() + SKIPPED);
  }

  /** Whatever pieces the bytes come in. */
  @Test
  void recordsMayBeCutAnywhere() throws IOException {
    byte[] state = state();
    byte[] whole = copy(state);
    for (int piece = 1; piece < 20; piece++) {
      int length = piece;
      InputStream inPieces =
          new ByteArrayInputStream(state) {
            @Override
            public synchronized int read(byte[] to, int offset, int wanted) {
              return super.read(to, offset, Math.min(wanted, length));
            }
          };
      assertThat(copy(inPieces)).isEqualTo(whole);
    }
  }

  @Test
  void theEmptyStateIsCopied() throws IOException {
    byte[] empty = Machines.snapshot(new KvStateMachine(KvLimits.DEFAULT));

    assertThat(Machines.restored(copy(empty), KvLimits.DEFAULT).view().revision())
        .isEqualTo(SKIPPED);
  }

  @Test
  void everyFlippedBitIsFound() {
    byte[] state = state();
    for (int bit = 0; bit < state.length * 8; bit++) {
      byte[] damaged = state.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> copy(damaged)).as("bit %d", bit).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aCutStateAndOneWithMoreBehindItAreRefused() {
    byte[] state = state();
    for (int i = 0; i < state.length; i++) {
      int length = i;
      assertThatThrownBy(() -> copy(Arrays.copyOf(state, length)))
          .as("%d bytes", length)
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> copy(Arrays.copyOf(state, state.length + 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("behind the end");
  }

  @Test
  void aTargetThatFailsIsNoDamage() {
    byte[] state = state();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("no room");
          }
        };

    assertThatThrownBy(() -> StateCopy.copy(new ByteArrayInputStream(state), full, SKIPPED))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("no room");
  }
}
