package io.raftkv.server;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What can be configured: each is a flag {@code --key}, an environment variable {@code KVD_KEY} and
 * a line {@code key=value} of the properties file. A flag wins over the environment, the
 * environment over the file.
 */
enum Setting {
  NAME("name", "NAME", "n1", "what people call this member; unique in its cluster"),
  DATA_DIR("data-dir", "DIR", "kvd-data", "where this member keeps its data"),
  LISTEN("listen", "HOST:PORT", "127.0.0.1:7400", "where clients connect"),
  PEER_LISTEN("peer-listen", "HOST:PORT", "127.0.0.1:7401", "where the other members connect"),
  OPS_LISTEN("ops-listen", "HOST:PORT", "127.0.0.1:7402", "HTTP: /metrics, /health and a page"),
  ADVERTISE("advertise", "HOST:PORT", null, "how clients reach this member (as --listen)"),
  PEER_ADVERTISE(
      "peer-advertise", "HOST:PORT", null, "how the other members reach this one (--peer-listen)"),
  INITIAL_CLUSTER(
      "initial-cluster",
      "NAME=HOST:PEERPORT,...",
      null,
      "the first members of a new cluster, the same on each; not needed once the data dir exists"),
  JOIN(
      "join",
      "HOST:CLIENTPORT,...",
      null,
      "members of a running cluster to be let into; not needed once the data dir exists"),
  STORAGE("storage", "disk|memory", "disk", "memory forgets everything when the process ends"),
  REPAIR(
      "repair",
      "auto|off",
      "auto",
      "auto: a member with damaged data is taken anew from its cluster; off: it does not start"),
  HEARTBEAT("heartbeat", "TIME", "100ms", "a leader speaks at least this often"),
  ELECTION_TIMEOUT("election-timeout", "TIME", "1s", "silence after which a leader is replaced"),
  SNAPSHOT_ENTRIES("snapshot-entries", "N", "100000", "a snapshot after so many entries"),
  SNAPSHOT_BYTES(
      "snapshot-bytes",
      "SIZE",
      "256MiB",
      "or after so many bytes of them; in any case half as many as the last one has"),
  TRAILING_ENTRIES(
      "trailing-entries", "N", null, "entries kept behind a snapshot (5000, or snapshot-entries)"),
  SEGMENT_BYTES(
      "segment-bytes", "SIZE", "64MiB", "the log is made of files of this size, 1MiB to 1GiB"),
  HISTORY_REVISIONS("history-revisions", "N", "10000", "older revisions that can still be read"),
  DEV("dev", "N", null, "so many members in this one process, for a first look"),
  CONFIG("config", "FILE", null, "properties file with any of these settings"),
  INSECURE("insecure", null, "false", "allow addresses beyond loopback without TLS");

  private final String key;
  private final @Nullable String valueLabel;
  private final @Nullable String defaultText;
  private final String description;

  Setting(
      String key, @Nullable String valueLabel, @Nullable String defaultText, String description) {
    this.key = key;
    this.valueLabel = valueLabel;
    this.defaultText = defaultText;
    this.description = description;
  }

  String key() {
    return key;
  }

  String flag() {
    return "--" + key;
  }

  String environmentName() {
    return "KVD_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** What stands for the value in the help; empty for a switch. */
  Optional<String> valueLabel() {
    return Optional.ofNullable(valueLabel);
  }

  Optional<String> defaultText() {
    return Optional.ofNullable(defaultText);
  }

  String description() {
    return description;
  }
}
