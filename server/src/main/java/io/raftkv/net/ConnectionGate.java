package io.raftkv.net;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFactory;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds the connections of a port: of all clients, and of those at one address. What is too many
 * is closed as soon as it is accepted, before anything is read from it. For any thread.
 */
public final class ConnectionGate {
  private final int connectionsMax;
  private final int perAddressMax;
  private final AtomicInteger connections = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
  private final LongAdder refused = new LongAdder();

  /**
   * @param connectionsMax open at a time
   * @param perAddressMax of them, from one address that is not this machine's loopback
   */
  public ConnectionGate(int connectionsMax, int perAddressMax) {
    this.connectionsMax = connectionsMax;
    this.perAddressMax = perAddressMax;
  }

  /** A listening socket whose connections pass this gate. */
  public ChannelFactory<ServerChannel> sockets() {
    return () -> {
      ServerChannel socket = IoLoops.serverSocket();
      // Ahead of what Netty adds to hand accepted connections to their loops.
      socket.pipeline().addLast(new Guard());
      return socket;
    };
  }

  /** Connections that are open now. */
  public int connections() {
    return connections.get();
  }

  public int connectionsMax() {
    return connectionsMax;
  }

  /** Connections that were closed at once. */
  public long refused() {
    return refused.sum();
  }

  private boolean enter(Channel connection) {
    InetAddress address = addressOf(connection.remoteAddress());
    if (connections.incrementAndGet() > connectionsMax) {
      connections.decrementAndGet();
      return false;
    }
    if (byAddress.merge(address, 1, Integer::sum) > perAddressMax && !address.isLoopbackAddress()) {
      leave(address);
      return false;
    }
    connection.closeFuture().addListener(closed -> leave(address));
    return true;
  }

  private void leave(InetAddress address) {
    connections.decrementAndGet();
    byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
  }

  private static InetAddress addressOf(SocketAddress remote) {
    // It is not known any more if the connection was given up before it was accepted.
    return remote instanceof InetSocketAddress known
        ? known.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  /** Sees each accepted connection as a message of the listening socket. */
  @ChannelHandler.Sharable
  private final class Guard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
      if (accepted instanceof Channel connection && !enter(connection)) {
        refused.increment();
        connection.unsafe().closeForcibly();
        return;
      }
      context.fireChannelRead(accepted);
    }
  }
}
