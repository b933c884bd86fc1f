package io.raftkv.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * An address as people write it: {@code host:port}, an IPv6 address in brackets.
 *
 * @param host without brackets
 * @param port 1 to 65,535
 */
record HostPort(String host, int port) {
  /**
   * Reads {@code host:port}.
   *
   * @param what names the setting in the message
   */
  static HostPort parse(String what, String text) throws StartException {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw StartException.wrong(what + " must be HOST:PORT, not '" + text + "'");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw StartException.wrong(what + ": put the IPv6 address in brackets: '" + text + "'");
    }
    if (!host.matches("[A-Za-z0-9._:%-]{1,253}")) {
      throw StartException.wrong(what + " has no valid host: '" + text + "'");
    }
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw StartException.wrong(what + " must end in a port number, not '" + text + "'");
    }
    return new HostPort(host, checkedPort(what, port));
  }

  /** Reads what another member said, or what was noted of that; empty if it is no address. */
  static Optional<HostPort> heard(String text) {
    try {
      return Optional.of(parse("address", text));
    } catch (StartException e) {
      return Optional.empty(); // nothing that this member was told by its operator
    }
  }

  private static int checkedPort(String what, int port) throws StartException {
    if (port < 1 || port > 65_535) {
      throw StartException.wrong(what + ": port " + port + " is not between 1 and 65535");
    }
    return port;
  }

  /** The same host, with a port that is higher by {@code offset}. */
  HostPort plus(String what, int offset) throws StartException {
    return new HostPort(host, checkedPort(what, port + offset));
  }

  /** What to bind to. Resolves the name, which may block. */
  InetSocketAddress resolve(String what) throws StartException {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new StartException(
          ExitCode.WRONG_CONFIGURATION, what + ": host '" + host + "' is not known", e);
    }
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
