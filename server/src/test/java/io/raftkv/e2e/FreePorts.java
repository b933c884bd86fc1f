package io.raftkv.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that nobody uses now. They lie below the range that the kernel gives to outgoing
 * connections: otherwise a client that dials a stopped member may take its port, or even connect to
 * itself.
 */
public final class FreePorts {
  private static final int FIRST = 12_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS_MAX = 1_000;

  /** Given out in this process already. */
  private static final Set<Integer> TAKEN = new HashSet<>();

  private FreePorts() {}

  public static synchronized int next() {
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (!TAKEN.contains(port) && isFree(port)) {
        TAKEN.add(port);
        return port;
      }
    }
    throw new IllegalStateException("no free port between " + FIRST + " and " + END);
  }

  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (BindException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
