package io.raftkv.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KnownPeersTest {
  private static final KnownPeers KNOWN =
      new KnownPeers(
          OptionalLong.of(0x9c1a66a8bb2c1a4L),
          Map.of("n1", new HostPort("127.0.0.1", 7400), "n3", new HostPort("db.example", 7420)));

  @TempDir Path folder;

  @Test
  void whatWasWrittenIsRead() throws IOException {
    KNOWN.write(folder);

    assertThat(KnownPeers.read(folder)).isEqualTo(KNOWN);
    assertThat(Files.readString(folder.resolve("peers")))
        .isEqualTo("cluster 09c1a66a8bb2c1a4\nn1 127.0.0.1:7400\nn3 db.example:7420\n");
    new KnownPeers(OptionalLong.empty(), Map.of()).write(folder);
    assertThat(KnownPeers.read(folder).addresses()).isEmpty();
  }

  @Test
  void nobodyIsKnownWithoutAFile() throws IOException {
    assertThat(KnownPeers.read(folder)).isEqualTo(new KnownPeers(OptionalLong.empty(), Map.of()));
  }

  @Test
  void aLineThatRottedDoesNotSpoilTheOthers() throws IOException {
    Files.writeString(
        folder.resolve("peers"), "cluster xyz\nn1 127.0.0.1\n\u0000\u00ff\nn3 db.example:7420\nn4");

    assertThat(KnownPeers.read(folder).addresses())
        .isEqualTo(Map.of("n3", new HostPort("db.example", 7420)));
  }

  @Test
  void anyBytesAreRead() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      Files.write(folder.resolve("peers"), bytes);
      assertThat(KnownPeers.read(folder).addresses().size()).isLessThan(300);
    }
    Files.write(folder.resolve("peers"), new byte[1 << 20]);
    assertThat(KnownPeers.read(folder).addresses()).isEmpty();
  }
}
