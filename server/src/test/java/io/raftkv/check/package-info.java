/**
 * What clients saw, and whether a store that takes one request at a time could have answered so.
 * For the simulation and for tests with real processes; knows nothing of either.
 */
@NullMarked
package io.raftkv.check;

import org.jspecify.annotations.NullMarked;
