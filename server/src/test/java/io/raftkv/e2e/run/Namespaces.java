package io.raftkv.e2e.run;

import io.raftkv.e2e.MemberSites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A network for members that can be cut: each has a namespace and an address of its own, and a
 * cable (veth) to a bridge in this process's namespace, where packets between two of them can be
 * dropped. Clients are at the bridge and reach everybody at all times. Members are counted from 0.
 *
 * <pre>
 *     n1 10.91.0.1        n2 10.91.0.2       n3 10.91.0.3
 *          |                   |                  |
 *     port1 [filter]      port2 [filter]     port3 [filter]
 *          '---------- bridge 10.91.0.254 --------'
 *                       clients, this run
 * </pre>
 *
 * <p>Only for a process in {@link OwnNetwork}. A namespace lives as long as a process in it: a
 * {@code cat} that ends with this process.
 */
final class Namespaces implements MemberSites, AutoCloseable {
  private static final String NET = "10.91.0.";
  private static final long NET_BITS = (10L << 24) | (91L << 16);
  private static final String BRIDGE = "bridge";

  private final List<Process> holders = new ArrayList<>();
  private final List<Long> addresses;

  Namespaces(int members) throws IOException, InterruptedException {
    addresses = IntStream.rangeClosed(1, members).mapToObj(i -> NET_BITS + i).toList();
    Tools.run("ip", "link", "set", "lo", "up");
    Tools.run("ip", "link", "add", BRIDGE, "type", "bridge");
    Tools.run("ip", "address", "add", NET + "254/24", "dev", BRIDGE);
    Tools.run("ip", "link", "set", BRIDGE, "up");
    for (int member = 0; member < members; member++) {
      connect(member);
    }
  }

  private void connect(int member) throws IOException, InterruptedException {
    Process holder = new ProcessBuilder("unshare", "--net", "cat").start();
    holders.add(holder);
    String pid = Long.toString(holder.pid());
    awaitOwnNamespace(pid);
    String port = port(member);
    Tools.run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", pid);
    Tools.run("ip", "link", "set", port, "master", BRIDGE, "up");
    Tools.run("tc", "qdisc", "add", "dev", port, "clsact");
    List<String> inside = new ArrayList<>(prefix(member));
    inside.addAll(List.of("ip", "-batch", "-"));
    Tools.feed(
        "link set lo up\naddress add " + host(member) + "/24 dev eth0\nlink set eth0 up\n",
        inside.toArray(String[]::new));
  }

  private static void awaitOwnNamespace(String pid) throws IOException, InterruptedException {
    Path ours = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
    while (Files.readSymbolicLink(Path.of("/proc", pid, "ns", "net")).equals(ours)) {
      Run.pause(java.time.Duration.ofMillis(5));
    }
  }

  private static String port(int member) {
    return "port" + (member + 1);
  }

  @Override
  public String host(int member) {
    return NET + (member + 1);
  }

  @Override
  public List<String> prefix(int member) {
    return List.of("nsenter", "--net", "--target", Long.toString(holders.get(member).pid()), "--");
  }

  /** From now on the links between members are as given, all of them. */
  void apply(Links links) throws InterruptedException {
    StringBuilder batch = new StringBuilder();
    for (int member = 0; member < holders.size(); member++) {
      batch
          .append("filter replace dev ")
          .append(port(member))
          .append(" ingress pref 1 handle 1 protocol all bpf direct-action bytecode \"")
          .append(links.program(member, addresses))
          .append("\"\n");
    }
    Tools.feed(batch.toString(), "tc", "-batch", "-");
  }

  /** Every link is whole. */
  void heal() throws InterruptedException {
    apply(new Links(holders.size()));
  }

  @Override
  public void close() {
    holders.forEach(Process::destroy);
  }
}
