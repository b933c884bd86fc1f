package io.raftkv.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the other members serve clients, in the file {@code peers} of the data dir:
 *
 * <pre>
 * cluster 09c1a66a8bb2c1a4
 * n1 127.0.0.1:7400
 * n3 127.0.0.1:7420
 * </pre>
 *
 * <p>A hint for a member that can read nothing else any more: what does not look like one is left
 * out, and whoever answers there says itself of which cluster it is.
 *
 * @param clusterId empty if that could not be read
 * @param addresses client addresses by name
 */
record KnownPeers(OptionalLong clusterId, Map<String, HostPort> addresses) {
  static final String FILE = "peers";

  private static final String TEMPORARY = FILE + ".tmp";
  private static final int BYTES_MAX = 64 << 10;
  private static final Pattern CLUSTER = Pattern.compile("cluster ([0-9a-f]{16})");
  private static final Pattern PEER = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,63}) (\\S+)");

  KnownPeers {
    addresses = new TreeMap<>(addresses);
  }

  /** Reads the file; nobody is known if there is none. */
  static KnownPeers read(Path dataDir) throws IOException {
    Path file = dataDir.resolve(FILE);
    OptionalLong clusterId = OptionalLong.empty();
    Map<String, HostPort> addresses = new TreeMap<>();
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= BYTES_MAX) {
      for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
        Matcher cluster = CLUSTER.matcher(line);
        Matcher peer = PEER.matcher(line);
        if (cluster.matches()) {
          clusterId = OptionalLong.of(Long.parseUnsignedLong(cluster.group(1), 16));
        } else if (peer.matches()) {
          // A line that rotted is left out: the others may do.
          HostPort.heard(peer.group(2)).ifPresent(found -> addresses.put(peer.group(1), found));
        }
      }
    }
    return new KnownPeers(clusterId, addresses);
  }

  /** Replaces the file. After a power cut the old or the new one is there, or none. */
  void write(Path dataDir) throws IOException {
    List<String> lines = new ArrayList<>();
    clusterId.ifPresent(id -> lines.add(String.format("cluster %016x", id)));
    addresses.forEach((name, address) -> lines.add(name + " " + address));
    Files.write(dataDir.resolve(TEMPORARY), lines, StandardCharsets.US_ASCII);
    Files.move(
        dataDir.resolve(TEMPORARY),
        dataDir.resolve(FILE),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
