package io.raftkv.e2e.input;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.raftkv.proto.v1.GetRequest;
import io.raftkv.proto.v1.KVGrpc;
import io.raftkv.proto.v1.PutRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What arrives on a port that is no call of gRPC, or too much of it. */
public final class ConnectionInputs {
  private static final String GET = "/" + KVGrpc.getGetMethod().getFullMethodName();
  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int REFUSED_STREAM = 7;
  private static final int WINDOW = 65_535;

  /** Long: nothing here is measured. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration SILENCE = Duration.ofSeconds(3);
  private static final int IDLE_CONNECTIONS = 10_000;
  private static final int STREAMS = 10_000;
  private static final int PINGS = 20_000;
  private static final int RESETS = 60_000;
  private static final int SLOW_SECONDS = 20;

  private final ManagedChannel channel;
  private final int port;
  private final int peerPort;

  /**
   * @param channel to the client port
   * @param port for clients
   * @param peerPort for members
   */
  public ConnectionInputs(ManagedChannel channel, int port, int peerPort) {
    this.channel = channel;
    this.port = port;
    this.peerPort = peerPort;
  }

  /** Answered at once, or within seconds. */
  public List<BadInputRow> quickRows() {
    byte[] noise = new byte[2_000];
    new Random(1).nextBytes(noise);
    byte[] http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] tls = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
    List<BadInputRow> rows = new ArrayList<>();
    for (int each : List.of(port, peerPort)) {
      rows.add(bytes(where(each) + "random bytes", each, noise));
      rows.add(bytes(where(each) + "HTTP/1.1", each, http));
      rows.add(bytes(where(each) + "TLS hello", each, tls));
    }
    rows.add(
        BadInputRow.of(
            "64 KiB of metadata",
            "(RESOURCE_EXHAUSTED|UNAVAILABLE|INTERNAL|UNKNOWN|CANCELLED) .*",
            this::muchMetadata));
    rows.add(
        BadInputRow.of(
            "10,000 streams on one connection, settings not acknowledged",
            "[89]000 refused|GOAWAY.*",
            this::manyStreams));
    rows.add(
        BadInputRow.of(
            "60,000 streams opened and reset", "GOAWAY ENHANCE_YOUR_CALM", this::resets));
    rows.add(BadInputRow.of("20,000 PINGs", "GOAWAY ENHANCE_YOUR_CALM", this::pings));
    rows.add(
        BadInputRow.of(
            "SETTINGS, 20,000 times", "GOAWAY ENHANCE_YOUR_CALM|answered", this::settings));
    return rows;
  }

  /** They end by limits of 10 to 30 s. */
  public List<BadInputRow> slowRows() {
    byte[] halfTls = {0x16, 3, 1};
    List<BadInputRow> rows = new ArrayList<>();
    for (int each : List.of(port, peerPort)) {
      rows.add(bytes(where(each) + "half a TLS hello", each, halfTls));
      rows.add(bytes(where(each) + "no bytes at all", each, new byte[0]));
      rows.add(
          BadInputRow.of(
              where(each) + "preface, one byte a second",
              "disconnected",
              () -> slowly(each, Http2Connection.preface())));
    }
    rows.add(
        BadInputRow.of(
            "HEADERS, one byte a second", "stays one of 2,000|disconnected", this::slowHeaders));
    rows.add(
        BadInputRow.of(
            "stream that is never read (window 0)",
            "RST_STREAM of it|disconnected",
            this::neverRead));
    rows.add(
        BadInputRow.of(
            "10,000 idle connections",
            "\\d{4,5} or more closed at once, the others later",
            this::idle));
    return rows;
  }

  private String where(int each) {
    return each == port ? "client port: " : "peer port: ";
  }

  private static BadInputRow bytes(String name, int port, byte[] bytes) {
    return BadInputRow.of(
        name,
        "disconnected",
        () -> {
          try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write(bytes);
            return untilClosed(socket, PATIENCE) ? "disconnected" : "still connected";
          }
        });
  }

  /** Reads until the other side hangs up; false if it does not in time. */
  private static boolean untilClosed(Socket socket, Duration patience) throws IOException {
    socket.setSoTimeout((int) patience.toMillis());
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      // Reset: it hung up with our bytes unread.
      return true;
    }
  }

  private static String slowly(int port, byte[] bytes) throws IOException, InterruptedException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      for (byte b : bytes) {
        try {
          socket.getOutputStream().write(b);
        } catch (IOException e) {
          return "disconnected";
        }
        TimeUnit.SECONDS.sleep(1);
      }
      return "took all of it";
    }
  }

  /** A connection that is good for something: it is not ended, and it costs no more than one. */
  private String slowHeaders() throws IOException, InterruptedException {
    try (Http2Connection connection = new Http2Connection(port, WINDOW)) {
      byte[] frame =
          Http2Connection.frame(
              Http2Connection.HEADERS,
              Http2Connection.END_HEADERS,
              1,
              Http2Connection.callHeaders(GET));
      for (int i = 0; i < SLOW_SECONDS; i++) {
        try {
          connection.raw(new byte[] {frame[i]});
        } catch (IOException e) {
          return "disconnected";
        }
        TimeUnit.SECONDS.sleep(1);
      }
      return "stays one of 2,000";
    }
  }

  private String muchMetadata() {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(64 << 10));
    KVGrpc.KVBlockingStub stub =
        KVGrpc.newBlockingStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    return Answers.of(() -> "" + stub.get(GetRequest.getDefaultInstance()).hasKv());
  }

  private String neverRead() throws IOException {
    ByteString key = ByteString.copyFromUtf8("large");
    PutRequest large =
        PutRequest.newBuilder()
            .setKey(key)
            .setValue(ByteString.copyFrom(new byte[1 << 20]))
            .build();
    var unused = KVGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS).put(large);
    byte[] get = GetRequest.newBuilder().setKey(key).build().toByteArray();
    try (Http2Connection connection = new Http2Connection(port, 0)) {
      call(connection, 1, Http2Connection.message(get));
      connection.flush();
      for (var frame = connection.read(PATIENCE);
          frame != null;
          frame = connection.read(PATIENCE)) {
        if (frame.type() == Http2Connection.RST_STREAM && frame.stream() == 1) {
          return "RST_STREAM of it";
        }
      }
      return "disconnected";
    } catch (SocketTimeoutException e) {
      return "nothing happens";
    }
  }

  private static void call(Http2Connection connection, int stream, byte @Nullable [] message)
      throws IOException {
    connection.send(
        Http2Connection.HEADERS,
        Http2Connection.END_HEADERS,
        stream,
        Http2Connection.callHeaders(GET));
    if (message != null) {
      connection.send(Http2Connection.DATA, Http2Connection.END_STREAM, stream, message);
    }
  }

  /** They stay open: their messages never come. */
  private String manyStreams() throws IOException {
    try (Http2Connection connection = new Http2Connection(port, WINDOW)) {
      for (int i = 0; i < STREAMS; i++) {
        call(connection, 2 * i + 1, null);
      }
      connection.flush();
      int refused = 0;
      for (var frame : connection.readAll(SILENCE)) {
        boolean isRefusedByHttp =
            frame.type() == Http2Connection.RST_STREAM && frame.number(0) == REFUSED_STREAM;
        // Trailers without headers before: the call was refused.
        boolean isRefused =
            frame.type() == Http2Connection.HEADERS
                && (frame.flags() & Http2Connection.END_STREAM) != 0;
        refused += isRefusedByHttp || isRefused ? 1 : 0;
        if (frame.type() == Http2Connection.GOAWAY) {
          return goAway(frame);
        }
      }
      return refused + " refused";
    } catch (IOException e) {
      return "GOAWAY, and the connection is reset";
    }
  }

  private static String goAway(Http2Connection.Frame frame) {
    int code = frame.number(4);
    return "GOAWAY " + (code == ENHANCE_YOUR_CALM ? "ENHANCE_YOUR_CALM" : "error " + code);
  }

  private interface Flood {
    void send(Http2Connection connection, int number) throws IOException;
  }

  /** Sends, and reads now and then, until the other side has had enough. */
  private String flood(int times, Flood flood) throws IOException {
    try (Http2Connection connection = new Http2Connection(port, WINDOW)) {
      boolean isCut = false;
      for (int i = 0; i < times && !isCut; i++) {
        try {
          flood.send(connection, i);
          if (i % 500 == 499) {
            connection.flush();
          }
        } catch (IOException e) {
          isCut = true;
        }
      }
      try {
        connection.flush();
      } catch (IOException e) {
        isCut = true;
      }
      for (var frame : connection.readAll(SILENCE)) {
        if (frame.type() == Http2Connection.GOAWAY) {
          return goAway(frame);
        }
      }
      return isCut ? "disconnected" : "answered";
    }
  }

  private String resets() throws IOException {
    return flood(
        RESETS,
        (connection, i) -> {
          call(connection, 2 * i + 1, null);
          connection.send(Http2Connection.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
        });
  }

  private String pings() throws IOException {
    return flood(
        PINGS, (connection, i) -> connection.send(Http2Connection.PING, 0, 0, new byte[8]));
  }

  private String settings() throws IOException {
    return flood(
        PINGS, (connection, i) -> connection.send(Http2Connection.SETTINGS, 0, 0, new byte[0]));
  }

  /** A client that was there before is served meanwhile. */
  private String idle() throws IOException {
    List<Socket> idle = new ArrayList<>();
    try {
      for (int i = 0; i < IDLE_CONNECTIONS; i++) {
        idle.add(new Socket("127.0.0.1", port));
      }
      String answer =
          Answers.of(
              () ->
                  ""
                      + KVGrpc.newBlockingStub(channel)
                          .withDeadlineAfter(30, TimeUnit.SECONDS)
                          .get(
                              GetRequest.newBuilder()
                                  .setKey(ByteString.copyFromUtf8("large"))
                                  .build())
                          .hasKv());
      if (!answer.equals("OK true")) {
        return "a client that was there before gets " + answer;
      }
      int closed = 0;
      for (Socket socket : idle) {
        closed += untilClosed(socket, Duration.ofMillis(1)) ? 1 : 0;
      }
      for (Socket socket : idle) {
        if (!untilClosed(socket, PATIENCE)) {
          return "some are never closed";
        }
      }
      return closed / 100 * 100 + " or more closed at once, the others later";
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }
}
