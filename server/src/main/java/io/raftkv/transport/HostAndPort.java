package io.raftkv.transport;

/**
 * An address as configurations hold it: host:port, or [IPv6]:port.
 *
 * @param host without brackets
 */
record HostAndPort(String host, int port) {
  static HostAndPort parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= 65_535) {
        String host = text.substring(0, colon);
        return new HostAndPort(
            host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host,
            port);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("no host:port: " + text, e);
    }
    throw new IllegalArgumentException("no host:port: " + text);
  }

  /** An IP address, which needs no name service. */
  boolean isLiteral() {
    return host.indexOf(':') >= 0 || host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }
}
