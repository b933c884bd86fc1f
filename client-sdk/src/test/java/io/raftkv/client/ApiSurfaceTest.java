package io.raftkv.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What users compile against holds nothing that is not ours or Java's. */
class ApiSurfaceTest {
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.raftkv.client");

  @Test
  void everyPublicSignatureNamesOnlyJavaAndOurOwnTypes() throws ClassNotFoundException {
    List<String> foreign = new ArrayList<>();
    int seen = 0;
    for (JavaClass imported : MAIN) {
      if (!imported.getPackageName().equals("io.raftkv.client")) {
        continue;
      }
      Class<?> type = Class.forName(imported.getName());
      if (!Modifier.isPublic(type.getModifiers())) {
        continue;
      }
      seen++;
      for (Method method : type.getDeclaredMethods()) {
        if (isVisible(method.getModifiers()) && !method.isSynthetic()) {
          check(foreign, method.toGenericString());
        }
      }
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        if (isVisible(constructor.getModifiers())) {
          check(foreign, constructor.toGenericString());
        }
      }
      Arrays.stream(type.getDeclaredFields())
          .filter(field -> isVisible(field.getModifiers()))
          .forEach(field -> check(foreign, field.toGenericString()));
    }
    assertThat(seen).isGreaterThan(25);
    assertThat(foreign).isEmpty();
  }

  private static boolean isVisible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static void check(List<String> foreign, String signature) {
    for (String word : signature.split("[^\\w.$]+")) {
      boolean isOurs = word.startsWith("io.raftkv.client.") && !word.contains(".impl.");
      if (word.contains(".") && !word.startsWith("java.") && !isOurs) {
        foreign.add(signature);
      }
    }
  }

  @Test
  void theApiKnowsNeitherGrpcNorProtobuf() {
    noClasses()
        .that()
        .resideInAPackage("io.raftkv.client")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc..", "com.google..", "io.netty..", "io.raftkv.proto..")
        .check(MAIN);
  }

  @Test
  void everyReasonOfTheServersHasItsName() {
    Set<String> ours =
        Arrays.stream(Reason.values())
            .map(Enum::name)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(ours)
        .containsAll(
            Arrays.stream(io.raftkv.proto.v1.Reason.values())
                .map(Enum::name)
                .filter(name -> !name.equals("REASON_UNSPECIFIED") && !name.equals("UNRECOGNIZED"))
                .toList());
  }
}
