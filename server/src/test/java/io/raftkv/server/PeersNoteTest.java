package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.Member;
import io.raftkv.raft.MemberId;
import io.raftkv.raft.node.NodeStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running member notes where the others serve clients. */
final class PeersNoteTest {
  private static final MemberId SELF = new MemberId(1);

  @TempDir Path folder;
  private final Map<Long, String> said = new HashMap<>();
  private Configuration configuration = Configuration.EMPTY;

  private NodeStatus status() {
    return new NodeStatus(
        SELF,
        NodeStatus.Role.FOLLOWER,
        1,
        MemberId.NONE,
        configuration,
        1,
        1,
        1,
        1,
        1,
        1,
        0,
        false,
        0,
        0,
        false,
        List.of());
  }

  private PeersNote note() throws IOException {
    return new PeersNote(
        folder, 0xabc, this::status, id -> Optional.ofNullable(said.get(id.value())));
  }

  private static Configuration members(int... numbers) {
    return Configuration.of(
        Arrays.stream(numbers)
            .mapToObj(n -> new Member(new MemberId(n), "n" + n, "host:" + n, true))
            .toList());
  }

  private String text() throws IOException {
    return Files.readString(folder.resolve("peers"));
  }

  @Test
  void whatTheOthersSayIsNotedAndKeptWhileTheyAreAway() throws IOException {
    configuration = members(1, 2, 3);
    said.put(2L, "127.0.0.1:7410");
    note().run();
    assertThat(text()).isEqualTo("cluster 0000000000000abc\nn2 127.0.0.1:7410\n");

    // After a restart nobody has said anything yet.
    said.clear();
    PeersNote later = note();
    later.run();
    assertThat(text()).isEqualTo("cluster 0000000000000abc\nn2 127.0.0.1:7410\n");
    said.put(3L, "127.0.0.1:7420");
    said.put(2L, "127.0.0.1:7999");
    later.run();
    assertThat(text())
        .isEqualTo("cluster 0000000000000abc\nn2 127.0.0.1:7999\nn3 127.0.0.1:7420\n");
  }

  @Test
  void whoHasGoneIsForgottenAndItselfIsNotNoted() throws IOException {
    configuration = members(1, 2, 3);
    said.put(1L, "127.0.0.1:7400");
    said.put(2L, "127.0.0.1:7410");
    said.put(3L, "127.0.0.1:7420");
    PeersNote note = note();
    note.run();

    configuration = members(1, 3);
    note.run();

    assertThat(text()).isEqualTo("cluster 0000000000000abc\nn3 127.0.0.1:7420\n");
  }

  @Test
  void aMemberThatKnowsNoClusterYetLeavesTheHintAlone() throws IOException {
    Files.writeString(folder.resolve("peers"), "n2 127.0.0.1:7410\n");

    note().run();

    assertThat(text()).isEqualTo("n2 127.0.0.1:7410\n");
  }

  @Test
  void whatIsNoAddressIsNotNoted() throws IOException {
    configuration = members(1, 2);
    said.put(2L, "nonsense");

    note().run();

    assertThat(text()).isEqualTo("cluster 0000000000000abc\n");
  }
}
