package io.raftkv.server;

import com.sun.net.httpserver.HttpExchange;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * HTTP for operators: {@code /metrics} for Prometheus, {@code /health} as JSON (200 if it is ready
 * to serve, as the gRPC health service tells it, else 503), and a page for people at {@code /}. It
 * reads, and changes nothing.
 */
final class OpsServer implements AutoCloseable {
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int METHOD_NOT_ALLOWED = 405;
  private static final int UNAVAILABLE = 503;

  private final HTTPServer http;
  private final Supplier<Health> health;

  private OpsServer(HostPort listen, PrometheusRegistry registry, Supplier<Health> health)
      throws StartException {
    this.health = health;
    try {
      http =
          HTTPServer.builder()
              .inetAddress(listen.resolve(Setting.OPS_LISTEN.flag()).getAddress())
              .port(listen.port())
              .registry(registry)
              .registerHealthHandler(false)
              .defaultHandler(this::answer)
              .buildAndStart();
    } catch (IOException e) {
      throw StartException.cannotListen(
          Setting.OPS_LISTEN,
          new IOException("cannot listen on " + listen + ": " + Failures.describe(e), e));
    }
  }

  static OpsServer start(HostPort listen, PrometheusRegistry registry, Supplier<Health> health)
      throws StartException {
    return new OpsServer(listen, registry, health);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        send(exchange, METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
        return;
      }
      Health now = health.get();
      switch (exchange.getRequestURI().getPath()) {
        case "/" -> send(exchange, OK, "text/html", now.page());
        case "/health" ->
            send(exchange, now.isReady() ? OK : UNAVAILABLE, "application/json", now.json());
        default -> send(exchange, NOT_FOUND, "text/plain", "there is /, /health and /metrics\n");
      }
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    http.close();
  }
}
