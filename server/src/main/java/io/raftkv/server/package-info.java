/**
 * The program {@code kvd}: reads the configuration, composes a member from its parts, and gives it
 * logs, metrics and an orderly end.
 *
 * <p>May import everything; nobody imports it. {@link io.raftkv.server.KvServer} is the only place
 * where parts are put together. What runs here runs on the main thread, on the shutdown hook or on
 * the threads of the operations HTTP server, never on a lane.
 */
@NullMarked
package io.raftkv.server;

import org.jspecify.annotations.NullMarked;
