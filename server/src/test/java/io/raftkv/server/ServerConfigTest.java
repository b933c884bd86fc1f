package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.raftkv.raft.RaftOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerConfigTest {
  @TempDir Path folder;

  private static ServerConfig config(String... flags) throws StartException {
    return config(Map.of(), flags);
  }

  private static ServerConfig config(Map<String, String> environment, String... flags)
      throws StartException {
    return ServerConfig.of(Settings.read(Flags.parse(flags).values(), environment));
  }

  private static String refusal(String... flags) {
    return refusal(Map.of(), flags);
  }

  private static String refusal(Map<String, String> environment, String... flags) {
    StartException refused =
        catchThrowableOfType(StartException.class, () -> config(environment, flags));
    assertThat(refused).isNotNull();
    assertThat(refused.exitCode()).isEqualTo(ExitCode.WRONG_CONFIGURATION);
    assertThat(refused.getMessage()).doesNotContain("\n");
    return refused.getMessage();
  }

  @Test
  void withoutAnythingItIsOneMemberOnTheDefaultPorts() throws StartException {
    ServerConfig config = config();

    assertThat(config.name()).isEqualTo("n1");
    assertThat(config.dataDir()).isEqualTo(Path.of("kvd-data").toAbsolutePath());
    assertThat(config.listen()).hasToString("127.0.0.1:7400");
    assertThat(config.peerListen()).hasToString("127.0.0.1:7401");
    assertThat(config.opsListen()).hasToString("127.0.0.1:7402");
    assertThat(config.advertise()).isEqualTo(config.listen());
    assertThat(config.initialCluster().configuration().members()).hasSize(1);
    assertThat(config.isClusterGiven()).isFalse();
    assertThat(config.isInMemory()).isFalse();
    assertThat(config.isRepairedByCluster()).isTrue();
    assertThat(config.raftOptions()).isEqualTo(RaftOptions.DEFAULT);
  }

  @Test
  void flagWinsOverEnvironmentAndEnvironmentOverFile() throws StartException, IOException {
    Path file = folder.resolve("kvd.properties");
    Files.writeString(file, "name=file\nheartbeat=30ms\nelection-timeout=300ms\n");
    Map<String, String> environment =
        Map.of("KVD_CONFIG", file.toString(), "KVD_NAME", "env", "KVD_HEARTBEAT", "20ms");

    ServerConfig config = config(environment, "--name", "flag");

    assertThat(config.name()).isEqualTo("flag");
    assertThat(config.heartbeat()).isEqualTo(Duration.ofMillis(20));
    assertThat(config.electionTimeout()).isEqualTo(Duration.ofMillis(300));
  }

  @Test
  void anUnknownKeyIsRefusedWithASuggestionWhereverItStands() throws IOException {
    Path file = folder.resolve("kvd.properties");
    Files.writeString(file, "elektion-timeout=300ms\n");

    assertThat(refusal("--hartbeat", "1s"))
        .isEqualTo("unknown flag: --hartbeat (did you mean --heartbeat?)");
    assertThat(refusal(Map.of("KVD_DATADIR", "x")))
        .isEqualTo("unknown environment variable: KVD_DATADIR (did you mean KVD_DATA_DIR?)");
    assertThat(refusal("--config", file.toString()))
        .contains("elektion-timeout", "did you mean election-timeout?", file.toString());
    assertThat(refusal("--zzzzzzzz")).isEqualTo("unknown flag: --zzzzzzzz");
    assertThat(refusal("stray")).isEqualTo("unexpected argument: stray");
    assertThat(refusal("-")).isEqualTo("unknown flag: -");
    assertThat(refusal("--namex=a")).isEqualTo("unknown flag: --namex (did you mean --name?)");
  }

  @Test
  void aFlagHasOneValue() throws StartException {
    assertThat(Flags.parse("--name=a=b", "--insecure").values())
        .containsExactly(Map.entry(Setting.NAME, "a=b"), Map.entry(Setting.INSECURE, "true"));
    assertThat(Flags.parse("--insecure=false", "--name", " a ").values())
        .containsExactly(Map.entry(Setting.NAME, "a"), Map.entry(Setting.INSECURE, "false"));
    assertThat(Flags.parse("--help", "--version"))
        .isEqualTo(new Flags.Parsed(Map.of(), true, true));
    assertThat(refusal("--name")).isEqualTo("--name needs a value: NAME");
    assertThat(refusal("--name", "--dev")).isEqualTo("--name needs a value: NAME");
    assertThat(refusal("--name=a", "--name", "b")).isEqualTo("--name is given twice");
    assertThat(refusal("--name=")).isEqualTo("--name is empty");
    assertThat(refusal("--name", "")).isEqualTo("--name is empty");
  }

  @Test
  void aConfigurationFileMustBeReadableAndNameEachKeyOnce() throws IOException {
    Path file = folder.resolve("kvd.properties");
    Files.writeString(file, "name=a\nname=b\n");

    assertThat(refusal("--config", file.toString())).contains("name", "twice");
    assertThat(refusal("--config", folder.resolve("none").toString())).contains("does not exist");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--listen=127.0.0.1:0            | port 0 is not between 1 and 65535",
        "--listen=127.0.0.1:70000        | port 70000 is not between 1 and 65535",
        "--peer-listen=127.0.0.1         | must be HOST:PORT",
        "--ops-listen=127.0.0.1:x        | must end in a port number",
        "--listen=:7400                  | must be HOST:PORT",
        "--listen=::1:7400               | in brackets",
        "--listen=a b:1                  | no valid host",
        "--listen=127.0.0.1:7401         | --listen and --peer-listen have the same address",
        "--listen=0.0.0.0:7400           | needs --insecure",
        "--ops-listen=0.0.0.0:7402       | needs --insecure",
        "--name=                         | is empty",
        "--name=a/b                      | a name is 1 to 64",
        "--heartbeat=1s                  | must be shorter than",
        "--heartbeat=0ms                 | must be between 1ms and 60s",
        "--heartbeat=100                 | must be a time",
        "--heartbeat=-1s                 | must be a time",
        "--election-timeout=1d           | must be a time",
        "--election-timeout=99999999h    | must be between",
        "--storage=tape                  | must be disk or memory",
        "--repair=maybe                  | must be auto or off, not 'maybe'",
        "--snapshot-entries=0            | must be between",
        "--snapshot-entries=many         | must be a whole number",
        "--snapshot-bytes=1XB            | must be a size",
        "--snapshot-bytes=0              | out of range",
        "--trailing-entries=-1           | must be between",
        "--segment-bytes=1KiB            | must be between 1MiB and 1GiB",
        "--history-revisions=-1          | must be between",
        "--insecure=maybe                | must be true or false",
        "--initial-cluster=n2=127.0.0.1:1               | does not name this member, n1",
        "--initial-cluster=n1=127.0.0.1:1,n1=h:2        | names n1 twice",
        "--initial-cluster=n1=127.0.0.1:1,n2=127.0.0.1:1 | address 127.0.0.1:1 twice",
        "--initial-cluster=n1=127.0.0.1:0               | port 0",
        "--initial-cluster=n1=127.0.0.1:70000           | port 70000",
        "--initial-cluster=n1                           | must be NAME=HOST:PEERPORT",
        "--initial-cluster=n1=127.0.0.1:1,              | must be NAME=HOST:PEERPORT",
      })
  void wrongValuesAreRefusedWithTheirCause(String flag, String cause) {
    assertThat(refusal(flag)).contains(cause);
  }

  @Test
  void aFlagThatIsGivenTwiceIsRefused() {
    assertThat(refusal("--name", "a", "--name", "b")).contains("--name", "twice");
  }

  @Test
  void aFlagWithoutItsValueIsRefused() {
    assertThat(refusal("--name")).contains("--name");
  }

  @Test
  void beyondLoopbackItNeedsInsecureAndAnAddressToAdvertise() throws StartException {
    assertThat(refusal("--insecure", "--listen", "0.0.0.0:7400")).contains("--advertise is needed");

    ServerConfig config =
        config("--insecure", "--listen", "0.0.0.0:7400", "--advertise", "db1.example:7400");

    assertThat(config.advertise()).hasToString("db1.example:7400");
  }

  @Test
  void memberIsWhereItWasFoundedUnlessItSaysOtherwise() throws StartException {
    ServerConfig founded = config("--initial-cluster", "n1=127.0.0.1:1");
    ServerConfig moved =
        config("--initial-cluster", "n1=127.0.0.1:1", "--peer-advertise", "127.0.0.1:2");

    assertThat(founded.peerAddress()).isEqualTo("127.0.0.1:1");
    assertThat(moved.peerAddress()).isEqualTo("127.0.0.1:2");
    assertThat(config("--peer-listen", "127.0.0.1:3").peerAddress()).isEqualTo("127.0.0.1:3");
  }

  @Test
  void ticksAreATenthOfAHeartbeatButNotBelowAMillisecond() throws StartException {
    ServerConfig slow = config("--heartbeat", "500ms", "--election-timeout", "5s");
    ServerConfig quick = config("--heartbeat", "2ms", "--election-timeout", "15ms");

    assertThat(slow.tick()).isEqualTo(Duration.ofMillis(50));
    assertThat(slow.raftOptions().heartbeatTicks()).isEqualTo(10);
    assertThat(slow.raftOptions().electionTicks()).isEqualTo(100);
    assertThat(quick.tick()).isEqualTo(Duration.ofMillis(1));
    assertThat(quick.raftOptions().heartbeatTicks()).isEqualTo(2);
    assertThat(quick.raftOptions().electionTicks()).isEqualTo(15);
  }

  @Test
  void idsAreEqualOnEveryMemberAndDifferBetweenThem() throws StartException {
    InitialCluster one = InitialCluster.parse("x", "n1=h:1,n2=h:2");
    InitialCluster same = InitialCluster.parse("x", "n2=h:2, n1=h:1");
    InitialCluster other = InitialCluster.parse("x", "n1=h:1,n2=h:3");

    assertThat(same.clusterId()).isEqualTo(one.clusterId());
    assertThat(same.configuration()).isEqualTo(one.configuration());
    assertThat(other.clusterId()).isNotEqualTo(one.clusterId());
    assertThat(one.configuration().voters()).doesNotHaveDuplicates().hasSize(2);
    assertThat(other.configuration().voters())
        .doesNotContainAnyElementsOf(one.configuration().voters());
  }

  @Test
  void devMakesMembersTenPortsApart() throws StartException {
    Settings settings =
        Settings.read(Flags.parse("--dev", "3", "--listen", "127.0.0.1:8400").values(), Map.of());

    int size = DevCluster.size(settings).orElseThrow();
    List<ServerConfig> members = DevCluster.members(ServerConfig.of(settings), size, folder);

    assertThat(members).extracting(ServerConfig::name).containsExactly("n1", "n2", "n3");
    assertThat(members)
        .extracting(member -> member.listen().port())
        .containsExactly(8400, 8410, 8420);
    assertThat(members)
        .extracting(member -> member.peerListen().port())
        .containsExactly(7401, 7411, 7421);
    assertThat(members)
        .extracting(member -> member.opsListen().port())
        .containsExactly(7402, 7412, 7422);
    assertThat(members).extracting(ServerConfig::dataDir).doesNotHaveDuplicates();
    assertThat(members)
        .extracting(member -> member.initialCluster().clusterId())
        .containsOnly(members.get(0).initialCluster().clusterId());
  }

  @Test
  void devIsRefusedWithWhatDescribesASingleMember() throws StartException {
    Settings named = Settings.read(Flags.parse("--dev", "3", "--name", "a").values(), Map.of());
    Settings many = Settings.read(Flags.parse("--dev", "8").values(), Map.of());

    assertThat(catchThrowableOfType(StartException.class, () -> DevCluster.size(named)))
        .hasMessageContaining("--name cannot be used with --dev");
    assertThat(catchThrowableOfType(StartException.class, () -> DevCluster.size(many)))
        .hasMessageContaining("between 1 and 7");
  }

  @Test
  void theHelpNamesEverySetting() {
    String help = FlagsHelp.text();

    for (Setting setting : Setting.values()) {
      assertThat(help).contains(setting.flag());
    }
  }
}
