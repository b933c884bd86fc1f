package io.raftkv.e2e.run;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.raftkv.client.Endpoint;
import io.raftkv.e2e.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Three members of etcd on loopback, with its defaults: every write is synced. */
final class EtcdCluster implements Contender {
  private static final int SIZE = 3;
  private static final Duration HEALTHY_MAX = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(50);

  /** More than any comparison writes: without room etcd refuses writes. */
  private static final long QUOTA_BYTES = 8L << 30;

  private final Path program;
  private final @Nullable Path etcdctl;
  private final Path folder;
  private final List<Integer> clientPorts = ports();
  private final List<Integer> peerPorts = ports();
  private final List<Process> processes = new ArrayList<>();

  /**
   * @param program etcd's server
   * @param folder for data and logs
   */
  EtcdCluster(Path program, Path folder) {
    this(program, null, folder);
  }

  /**
   * @param etcdctl for backups; null: there will be none
   */
  EtcdCluster(Path program, @Nullable Path etcdctl, Path folder) {
    this.program = program;
    this.etcdctl = etcdctl;
    this.folder = folder;
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> processes.forEach(Process::destroyForcibly)));
  }

  private static List<Integer> ports() {
    return IntStream.range(0, SIZE).mapToObj(i -> FreePorts.next()).toList();
  }

  /**
   * The program of this machine, else that of Debian's package etcd-server, unpacked into a folder.
   */
  static Path program(Path unpacked) throws IOException, InterruptedException {
    return program(unpacked, "etcd", "etcd-server");
  }

  private static Path program(Path unpacked, String name, String debian)
      throws IOException, InterruptedException {
    for (String folder : System.getenv("PATH").split(":")) {
      Path found = Path.of(folder, name);
      if (Files.isExecutable(found)) {
        return found;
      }
    }
    Path fetched = unpacked.resolve("usr/bin").resolve(name);
    if (!Files.isExecutable(fetched)) {
      Files.createDirectories(unpacked);
      Tools.run(
          "sh",
          "-c",
          "cd '"
              + unpacked
              + "' && apt-get download "
              + debian
              + " && dpkg -x "
              + debian
              + "_*.deb .");
    }
    return fetched;
  }

  /** Likewise, of etcd-client. */
  static Path etcdctl(Path unpacked) throws IOException, InterruptedException {
    return program(unpacked, "etcdctl", "etcd-client");
  }

  /** As the program says it. */
  static String version(Path program) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(program.toString(), "--version").start();
    String text = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return text.lines().findFirst().orElse("etcd of an unknown version");
  }

  @Override
  public String target() {
    return "etcd";
  }

  @Override
  public List<Endpoint> endpoints() {
    return clientPorts.stream().map(port -> new Endpoint("127.0.0.1", port)).toList();
  }

  @Override
  public void start() throws IOException, InterruptedException {
    String cluster =
        IntStream.range(0, SIZE)
            .mapToObj(i -> name(i) + "=" + url(peerPorts.get(i)))
            .collect(Collectors.joining(","));
    for (int i = 0; i < SIZE; i++) {
      Path log = folder.resolve(name(i) + ".log");
      processes.add(
          new ProcessBuilder(
                  program.toString(),
                  "--name=" + name(i),
                  "--data-dir=" + folder.resolve(name(i)),
                  "--listen-client-urls=" + url(clientPorts.get(i)),
                  "--advertise-client-urls=" + url(clientPorts.get(i)),
                  "--listen-peer-urls=" + url(peerPorts.get(i)),
                  "--initial-advertise-peer-urls=" + url(peerPorts.get(i)),
                  "--initial-cluster=" + cluster,
                  "--initial-cluster-state=new",
                  "--quota-backend-bytes=" + QUOTA_BYTES,
                  "--log-level=error",
                  "--logger=zap")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start());
    }
    for (int port : clientPorts) {
      awaitHealthy(port);
    }
  }

  private static String name(int member) {
    return "etcd" + (member + 1);
  }

  private static String url(int port) {
    return "http://127.0.0.1:" + port;
  }

  private static void awaitHealthy(int port) throws InterruptedException {
    HttpRequest health = HttpRequest.newBuilder(URI.create(url(port) + "/health")).build();
    long end = System.nanoTime() + HEALTHY_MAX.toNanos();
    while (!isHealthy(health)) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("etcd on port " + port + " is not healthy in " + HEALTHY_MAX);
      }
      Run.pause(POLL);
    }
  }

  private static boolean isHealthy(HttpRequest health) throws InterruptedException {
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(health, HttpResponse.BodyHandlers.ofString());
      return answer.body().contains("\"true\"");
    } catch (IOException e) {
      return false; // not yet
    }
  }

  @Override
  public void read(String key) throws IOException, InterruptedException {
    String encoded = Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    JsonObject answer = post(clientPorts.get(0), "/v3/kv/range", "{\"key\":\"" + encoded + "\"}");
    if (!answer.has("kvs")) {
      throw new AssertionError("etcd does not have " + key + ": " + answer);
    }
  }

  /** Of etcd's gateway for JSON. */
  private static JsonObject post(int port, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url(port) + path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    String answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    return JsonParser.parseString(answer).getAsJsonObject();
  }

  @Override
  public void save(Path file) throws InterruptedException {
    snapshot("--endpoints=" + url(clientPorts.get(0)), "snapshot", "save", file.toString());
  }

  @Override
  public void restore(Path file, Path dataDir) throws InterruptedException {
    snapshot("snapshot", "restore", file.toString(), "--data-dir=" + dataDir);
  }

  private void snapshot(String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("env", "ETCDCTL_API=3"));
    command.add(Objects.requireNonNull(etcdctl, "backups need etcdctl").toString());
    command.addAll(List.of(arguments));
    Tools.run(command.toArray(String[]::new));
  }

  /** The member whose status names it as the leader. */
  @Override
  public void killLeader() throws IOException, InterruptedException {
    for (int member = 0; member < SIZE; member++) {
      JsonObject answer = post(clientPorts.get(member), "/v3/maintenance/status", "{}");
      String self = answer.getAsJsonObject("header").get("member_id").getAsString();
      if (answer.get("leader").getAsString().equals(self)) {
        processes.get(member).destroyForcibly().waitFor();
        return;
      }
    }
    throw new AssertionError("no member of etcd leads");
  }

  @Override
  public void stop() throws InterruptedException {
    processes.forEach(Process::destroy);
    for (Process process : processes) {
      process.waitFor();
    }
    processes.clear();
  }
}
