# What cli/bin/kvctl and server/bin/kvd have in common: find Java, build what is missing, run. POSIX sh,
# sourced. In the release archive this file is lib/launcher.sh.
#
# The launcher that sources it sets, then calls `launch "$@"`:
#   program       name of the program; its jar is lib/$program.jar, whose manifest names the other jars
#   home          folder above bin/
#   modules       Maven modules it is made of, its own last (used in the source tree only)
#   java_options  options of the JVM, split at blanks
#   training      main class and arguments of a short run that loads the classes most runs need
#
# Standard output belongs to the program: whatever is said here goes to standard error. Exit code 69
# (EX_UNAVAILABLE of sysexits.h): there is no Java or the build failed.

fail() {
  echo "$program: $*" >&2
  exit 69
}

find_java() {
  if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    java=$JAVA_HOME/bin/java
  else
    java=$(command -v java) || fail "no java on the PATH and none in JAVA_HOME; Java 17 or later is needed"
  fi
}

# Whether the jar is missing or older than what it is made from. Folders count too: their time changes
# when a file is deleted.
is_stale() {
  [ -f "$jar" ] || return 0
  set -- "$root/pom.xml"
  for module in $modules; do
    set -- "$@" "$root/$module/pom.xml" "$root/$module/src/main"
  done
  [ -n "$(find "$@" -newer "$jar" -print 2>/dev/null | head -n 1)" ]
}

# One build at a time for all launchers of this tree; who waited finds the work done.
build() {
  mkdir -p "$root/target"
  if command -v flock >/dev/null 2>&1; then
    (
      flock -n 9 || { say_waiting && flock 9; }
      build_locked
    ) 9>"$root/target/launcher.lock"
  else
    (
      lock=$root/target/launcher.lock.d
      until mkdir "$lock" 2>/dev/null; do
        if [ -z "${holder-}" ]; then say_waiting; fi
        holder=$(cat "$lock/pid" 2>/dev/null || :)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf "$lock"; fi
        sleep 1
      done
      trap 'rm -rf "$lock"' EXIT
      trap 'exit 130' INT TERM
      echo "$$" >"$lock/pid"
      build_locked
    )
  fi
}

say_waiting() {
  echo "$program: waiting for another build of this tree" >&2
}

build_locked() {
  is_stale || return 0
  echo "$program: building ($modules), once per change of the sources; the first time takes minutes" >&2
  started=$root/target/launcher.started
  : >"$started"
  for module in $modules; do :; done
  (cd "$root" && exec sh ./mvnw -q -B -Dquick -Dmaven.test.skip=true -pl "$module" -am package) </dev/null >&2 \
    || return 1
  # Maven leaves an unchanged jar alone; its time says from when the sources were that it agrees with.
  touch -r "$started" "$jar"
}

# Class data sharing halves the start-up time. The archive fits one JDK and one jar; the JVM checks both
# again and goes on without it when they differ. Nothing here may fail the run or print.
use_class_archive() {
  class_archive=
  real_java=$(readlink -f "$java" 2>/dev/null) || return 0
  version=
  while IFS='=' read -r name value; do
    if [ "$name" = JAVA_VERSION ]; then version=${value#\"} && version=${version%\"}; fi
  done 2>/dev/null <"${real_java%/bin/java}/release" || return 0
  [ -n "$version" ] || return 0
  class_archive=$lib/$program-$version.jsa
  if ! [ "$class_archive" -nt "$jar" ]; then make_class_archive 2>/dev/null || :; fi
  if ! [ -s "$class_archive" ]; then class_archive=; fi
}

make_class_archive() {
  [ -w "$lib" ] || return 0
  # A maker that was killed left its lock.
  [ -z "$(find "$class_archive.lock" -prune -mmin +5 2>/dev/null)" ] || rmdir "$class_archive.lock"
  # Somebody else makes it now: run without.
  mkdir "$class_archive.lock" || return 0
  # An empty archive says that this JDK cannot make one, so that it is not tried at every run.
  : >"$class_archive.new"
  # shellcheck disable=SC2086 # both are lists
  "$java" $java_options -Xlog:disable -XX:ArchiveClassesAtExit="$class_archive.new" -cp "$jar" $training \
    </dev/null >/dev/null 2>&1 &
  maker=$!
  trap 'stop_class_archive 143' TERM
  trap 'stop_class_archive 130' INT
  wait "$maker" || :
  trap - TERM INT
  mv -f "$class_archive.new" "$class_archive"
  rmdir "$class_archive.lock"
}

# Who is told to end while the archive is made ends with its maker.
stop_class_archive() {
  trap '' TERM INT
  kill "$maker" 2>/dev/null
  wait "$maker" 2>/dev/null
  rm -f "$class_archive.new"
  rmdir "$class_archive.lock"
  exit "$1"
}

launch() {
  find_java
  if [ -f "$home/lib/launcher.sh" ]; then
    lib=$home/lib
    jar=$lib/$program.jar
  else
    root=${home%/*}
    lib=$home/target/lib
    jar=$lib/$program.jar
    if is_stale; then build || fail "the build failed"; fi
  fi
  use_class_archive
  set -- -jar "$jar" "$@"
  if [ -n "$class_archive" ]; then set -- "-XX:SharedArchiveFile=$class_archive" "$@"; fi
  # Silent about an archive that it cannot use, unless the options ask for a log.
  # shellcheck disable=SC2086 # a list
  exec "$java" -Xlog:disable $java_options "$@"
}
