package io.raftkv;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;

/** Who may import whom. Annotations of JSpecify are allowed everywhere. */
@AnalyzeClasses(
    packages = "io.raftkv",
    importOptions = {ImportOption.DoNotIncludeTests.class})
final class ArchitectureTest {
  private static final String PEER_PROTO = "io.raftkv.proto.peer..";
  private static final String CLIENT_PROTO = "io.raftkv.proto.v1..";
  private static final String WIRE_PROTO = "io.raftkv.proto.wire";

  @ArchTest static final ArchRule raftImportsOnlyJava = layer("io.raftkv.raft");

  @ArchTest
  static final ArchRule coreImportsOnlyRaft = layer("io.raftkv.raft.core..", "io.raftkv.raft");

  @ArchTest
  static final ArchRule coreHasNoInputOrOutputAndNoClock =
      noClasses()
          .that()
          .resideInAPackage("io.raftkv.raft.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..",
              "java.nio.file..",
              "java.nio.channels..",
              "java.net..",
              "java.time..",
              "java.util.concurrent..")
          .because("the core is deterministic: everything that differs between runs is handed in");

  @ArchTest
  static final ArchRule coreHasNoThreads =
      noClasses()
          .that()
          .resideInAPackage("io.raftkv.raft.core..")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "identityHashCode", Object.class);

  @ArchTest
  static final ArchRule coreHasNoOrderByHash =
      noClasses()
          .that()
          .resideInAPackage("io.raftkv.raft.core..")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(HashMap.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(HashSet.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Random.class)
          .because("order is part of determinism");

  @ArchTest
  static final ArchRule nodeImportsRaftAndItsCore =
      layer("io.raftkv.raft.node..", "io.raftkv.raft..", "org.jctools..", "org.slf4j..");

  @ArchTest
  static final ArchRule storageImportsRaftAndMapDb =
      layer(
          "io.raftkv.storage..",
          "io.raftkv.raft",
          "org.mapdb..",
          "com.github.luben.zstd..",
          "com.sun.nio.file",
          "org.slf4j..");

  @ArchTest
  static final ArchRule transportImportsRaftAndGrpc =
      layer(
          "io.raftkv.transport..",
          "io.raftkv.raft",
          "io.raftkv.net",
          PEER_PROTO,
          "io.grpc..",
          "com.google.protobuf..",
          "org.slf4j..");

  @ArchTest
  static final ArchRule netImportsNetty =
      layer("io.raftkv.net..", "io.grpc.netty.shaded.io.netty..");

  @ArchTest
  static final ArchRule stateMachineImportsRaftAndCommands =
      layer("io.raftkv.kv..", "io.raftkv.raft", PEER_PROTO, "com.google.protobuf..", "org.slf4j..");

  @ArchTest
  static final ArchRule serviceImportsNodeAndStateMachine =
      layer(
          "io.raftkv.service..",
          "io.raftkv.raft",
          "io.raftkv.net",
          "io.raftkv.raft.node",
          "io.raftkv.kv..",
          PEER_PROTO,
          CLIENT_PROTO,
          WIRE_PROTO,
          "io.grpc..",
          "com.google.protobuf..",
          "com.google.rpc..",
          "org.slf4j..");

  @ArchTest
  static final ArchRule nobodyImportsTheServer =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.raftkv.server..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.raftkv.server..");

  @ArchTest
  static final ArchRule packagesAreFreeOfCycles =
      slices()
          .matching("io.raftkv.(**)")
          .should()
          .beFreeOfCycles()
          // The client's interfaces and their one implementation know each other.
          .ignoreDependency(
              JavaClass.Predicates.resideInAPackage("io.raftkv.client.."),
              JavaClass.Predicates.resideInAPackage("io.raftkv.client.."));

  /** Classes of a package use that package, Java, JSpecify and what is listed. */
  private static ArchRule layer(String inPackage, String... mayImport) {
    List<String> allowed = new ArrayList<>(List.of(inPackage, "java..", "org.jspecify.."));
    allowed.addAll(List.of(mayImport));
    return classes()
        .that()
        .resideInAPackage(inPackage)
        .should()
        .onlyDependOnClassesThat(
            JavaClass.Predicates.resideInAnyPackage(allowed.toArray(String[]::new)))
        .as(inPackage + " imports only " + String.join(", ", allowed));
  }
}
