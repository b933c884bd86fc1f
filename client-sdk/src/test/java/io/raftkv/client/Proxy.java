package io.raftkv.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes bytes between a client and a member, until told to swallow them: what a network that drops
 * everything does to connections that exist. Later connections work.
 */
final class Proxy implements AutoCloseable {
  private static final class Link {
    volatile boolean isDead;
  }

  private final ServerSocket server;
  private final Endpoint target;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  Proxy(Endpoint target) {
    this.target = target;
    try {
      server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    start(this::accept);
  }

  Endpoint endpoint() {
    return new Endpoint("127.0.0.1", server.getLocalPort());
  }

  /** From now on nothing passes on the connections that exist. */
  void swallow() {
    links.forEach(link -> link.isDead = true);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Socket member = new Socket(target.host(), target.port());
        sockets.add(client);
        sockets.add(member);
        Link link = new Link();
        links.add(link);
        start(() -> pump(client, member, link));
        start(() -> pump(member, client, link));
      }
    } catch (IOException e) {
      // Closed: the test is over.
      return;
    }
  }

  private static void pump(Socket from, Socket to, Link link) {
    byte[] buffer = new byte[8_192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int length;
      while ((length = in.read(buffer)) >= 0) {
        if (!link.isDead) {
          out.write(buffer, 0, length);
        }
      }
    } catch (IOException e) {
      // One end is gone, and so is the link.
      return;
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "test-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
