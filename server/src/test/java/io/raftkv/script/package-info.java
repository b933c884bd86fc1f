/**
 * Scripts over the core: {@code src/test/resources/script/*.txt}. Each says on top which rule it
 * shows, then what happens, then, after {@code ----}, the state of every member. A script whose
 * members stand otherwise fails; {@code -Dscript.rewrite} writes what was found, to be read before
 * it is committed.
 */
@NullMarked
package io.raftkv.script;

import org.jspecify.annotations.NullMarked;
