/**
 * {@code kvctl bench}: a load, as fast as the answers come or at a fixed rate, against raftkv or
 * etcd, and what came of it.
 *
 * <pre>
 *   BenchPlan ──> Bench ──> ClosedLoop or FixedRate ──> BenchTarget (raftkv, etcd)
 *                   │            └── Sample: histogram, errors          ServerUse: their CPU, memory
 *                   └── BenchResult ──> text, JSON, PercentilePlot
 * </pre>
 */
@NullMarked
package io.raftkv.cli.bench;

import org.jspecify.annotations.NullMarked;
