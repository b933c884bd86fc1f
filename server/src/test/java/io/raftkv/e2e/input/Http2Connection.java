package io.raftkv.e2e.input;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A client of HTTP/2 that does what no library would (RFC 9113): frames as they are, answers unread
 * until somebody asks. Used by one thread.
 */
final class Http2Connection implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;

  static final int END_HEADERS = 4;
  static final int END_STREAM = 1;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int INITIAL_WINDOW = 4;

  /** What arrived. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    /** Of RST_STREAM at 0, of GOAWAY at 4. */
    int number(int offset) {
      return java.nio.ByteBuffer.wrap(payload).getInt(offset);
    }
  }

  private final Socket socket;
  private final DataOutputStream out;
  private final DataInputStream in;

  /** Connects, and says what makes it HTTP/2. */
  Http2Connection(int port, int initialWindow) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream(), 1 << 16));
    in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), 1 << 16));
    out.write(PREFACE);
    ByteArrayOutputStream settings = new ByteArrayOutputStream();
    DataOutputStream setting = new DataOutputStream(settings);
    setting.writeShort(INITIAL_WINDOW);
    setting.writeInt(initialWindow);
    send(SETTINGS, 0, 0, settings.toByteArray());
    out.flush();
  }

  static byte[] preface() {
    return PREFACE.clone();
  }

  /** Buffers a frame. */
  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    out.write(frame(type, flags, stream, payload));
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    java.nio.ByteBuffer frame = java.nio.ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    return frame.put((byte) type).put((byte) flags).putInt(stream).put(payload).array();
  }

  void flush() throws IOException {
    out.flush();
  }

  /** Bytes as they are, at once. */
  void raw(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** The headers of a call, each a literal that is not indexed (RFC 7541, 6.2.2). */
  static byte[] callHeaders(String path) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (List<String> header :
        List.of(
            List.of(":method", "POST"),
            List.of(":scheme", "http"),
            List.of(":path", path),
            List.of(":authority", "localhost"),
            List.of("content-type", "application/grpc"),
            List.of("te", "trailers"))) {
      block.write(0);
      for (String text : header) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        block.write(bytes.length);
        block.writeBytes(bytes);
      }
    }
    return block.toByteArray();
  }

  /** A message with the prefix that gRPC gives it. */
  static byte[] message(byte[] proto) {
    return java.nio.ByteBuffer.allocate(5 + proto.length)
        .put((byte) 0)
        .putInt(proto.length)
        .put(proto)
        .array();
  }

  /** The next frame; null once the other side has hung up. */
  @org.jspecify.annotations.Nullable
  Frame read(Duration patience) throws IOException {
    socket.setSoTimeout((int) patience.toMillis());
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(type, flags, stream, payload);
    } catch (EOFException e) {
      return null;
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // Reset: it hung up with something of ours unread.
      return null;
    }
  }

  /** Everything until the other side hangs up, or is silent for so long. */
  List<Frame> readAll(Duration silence) throws IOException {
    List<Frame> frames = new ArrayList<>();
    try {
      for (Frame frame = read(silence); frame != null; frame = read(silence)) {
        frames.add(frame);
      }
    } catch (SocketTimeoutException e) {
      return frames;
    }
    return frames;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
