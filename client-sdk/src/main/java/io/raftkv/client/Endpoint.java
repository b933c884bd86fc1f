package io.raftkv.client;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Where a member listens for clients.
 *
 * @param host a name or an address; an IPv6 address without brackets
 * @param port 1 to 65,535
 */
public record Endpoint(String host, int port) {
  public Endpoint {
    host = host.trim().toLowerCase(Locale.ROOT);
    if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || c == '/' || c == ',')) {
      throw new IllegalArgumentException("not a host name: \"" + host + "\"");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
    }
  }

  /**
   * Reads {@code host:port} or {@code [ipv6]:port}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static Endpoint parse(String text) {
    String trimmed = text.trim();
    int colon = trimmed.lastIndexOf(':');
    if (colon <= 0 || colon == trimmed.length() - 1) {
      throw new IllegalArgumentException("\"" + trimmed + "\" is not host:port");
    }
    String host = trimmed.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("\"" + trimmed + "\": write IPv6 as [address]:port");
    }
    try {
      return new Endpoint(host, Integer.parseInt(trimmed.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + trimmed + "\" is not host:port", e);
    }
  }

  /**
   * Reads {@code host:port,host:port,...}.
   *
   * @throws IllegalArgumentException if it is empty or a part is not {@code host:port}
   */
  public static List<Endpoint> parseList(String text) {
    return Arrays.stream(text.split(",", -1)).map(Endpoint::parse).distinct().toList();
  }

  /** {@code host:port}, with brackets around an IPv6 address. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
