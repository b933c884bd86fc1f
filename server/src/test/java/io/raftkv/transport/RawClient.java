package io.raftkv.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Somebody who knows the peer port and says what it likes. */
final class RawClient implements AutoCloseable {
  private final ManagedChannel channel;

  RawClient(int port) {
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().directExecutor().build();
  }

  /** A stream that carries bytes as they are. */
  final class Stream extends ClientCall.Listener<byte[]> {
    final BlockingQueue<Metadata> headers = new LinkedBlockingQueue<>();
    final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<Status> closed = new LinkedBlockingQueue<>();
    private final ClientCall<byte[], byte[]> call;

    private Stream(String method, Metadata handshake) {
      call =
          channel.newCall(
              MethodDescriptor.<byte[], byte[]>newBuilder()
                  .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                  .setFullMethodName(method)
                  .setRequestMarshaller(new Raw())
                  .setResponseMarshaller(new Raw())
                  .build(),
              CallOptions.DEFAULT);
      call.start(this, handshake);
      call.request(100);
    }

    void send(byte[] message) {
      call.sendMessage(message);
    }

    @Override
    public void onHeaders(Metadata metadata) {
      headers.add(metadata);
    }

    @Override
    public void onMessage(byte[] message) {
      messages.add(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      closed.add(status);
    }
  }

  Stream open(Rpc rpc, Metadata handshake) {
    return open(rpc.method().getFullMethodName(), handshake);
  }

  Stream open(String method, Metadata handshake) {
    return new Stream(method, handshake);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
