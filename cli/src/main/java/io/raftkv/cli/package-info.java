/**
 * kvctl, the command line: {@link io.raftkv.cli.Kvctl} and one class per command.
 *
 * <p>Imports the client SDK, picocli, gson, and logback to keep it quiet; only the SDK talks to
 * servers. Commands run on the main thread; what is chained to the SDK's futures runs on its
 * network threads and never blocks.
 */
@NullMarked
package io.raftkv.cli;

import org.jspecify.annotations.NullMarked;
