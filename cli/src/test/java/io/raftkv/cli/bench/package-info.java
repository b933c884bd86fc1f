@NullMarked
package io.raftkv.cli.bench;

import org.jspecify.annotations.NullMarked;
