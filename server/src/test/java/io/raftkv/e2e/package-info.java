/**
 * Tests with real processes: members are JVMs of their own, on free ports of this machine, with
 * real files, and are killed, stopped and started again. They may wait for real time.
 */
@NullMarked
package io.raftkv.e2e;

import org.jspecify.annotations.NullMarked;
