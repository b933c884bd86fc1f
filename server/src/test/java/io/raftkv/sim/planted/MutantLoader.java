package io.raftkv.sim.planted;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Compiles a changed source and loads it, and everything else of raftkv anew, so that the changed
 * class is the one that the simulation meets. What raftkv uses comes from the loader of the tests.
 */
final class MutantLoader extends URLClassLoader {
  private static final String OURS = "io.raftkv.";
  private static final String GENERATED = "io.raftkv.proto.";

  static {
    registerAsParallelCapable();
  }

  private MutantLoader(URL[] places, ClassLoader parent) {
    super(places, parent);
  }

  /** A loader in which {@code bug} is planted. */
  static MutantLoader of(PlantedBug bug, Path folder) {
    Path sources = Path.of(System.getProperty("basedir", "."), "src/main/java");
    try {
      String source = Files.readString(sources.resolve(bug.source()), StandardCharsets.UTF_8);
      compile(bug, plant(bug, source), folder);
      return new MutantLoader(
          new URL[] {
            folder.toUri().toURL(),
            placeOf("io.raftkv.sim.World"),
            placeOf("io.raftkv.raft.LogEntry")
          },
          MutantLoader.class.getClassLoader());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The report of this seed with the bug in it, or null if nothing is found. */
  @Nullable String failure(long seed) {
    try {
      Class<?> runner = loadClass("io.raftkv.sim.SimulationRunner");
      return (String) runner.getMethod("failure", long.class).invoke(null, seed);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String plant(PlantedBug bug, String source) {
    int first = source.indexOf(bug.snippet());
    if (first < 0 || source.indexOf(bug.snippet(), first + 1) >= 0) {
      throw new IllegalStateException(
          bug.source() + " must contain exactly once:\n" + bug.snippet());
    }
    return source.substring(0, first)
        + bug.replacement()
        + source.substring(first + bug.snippet().length());
  }

  private static void compile(PlantedBug bug, String text, Path folder) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    JavaFileObject source =
        new SimpleJavaFileObject(
            URI.create("planted:///" + bug.source()), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
          }
        };
    boolean isCompiled =
        compiler
            .getTask(
                null,
                null,
                problems,
                List.of("-proc:none", "-cp", classPath, "-d", folder.toString()),
                null,
                List.of(source))
            .call();
    if (!isCompiled) {
      throw new IllegalStateException(bug + " does not compile: " + problems.getDiagnostics());
    }
  }

  private static URL placeOf(String className) throws MalformedURLException {
    String file = className.replace('.', '/') + ".class";
    URL found = MutantLoader.class.getClassLoader().getResource(file);
    if (found == null) {
      throw new IllegalStateException("no class " + className);
    }
    String text = found.toExternalForm();
    return URI.create(text.substring(0, text.length() - file.length())).toURL();
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS) || name.startsWith(GENERATED)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : findClass(name);
    }
  }
}
