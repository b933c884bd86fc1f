/**
 * Fault runs: real members under load are killed or stopped while clients write, and figures come
 * out. Programs, not tests; they run for minutes. From the root of the tree:
 *
 * <pre>
 * F="./mvnw -q -Dquick -pl server -am test-compile exec:exec"
 * $F -Dfaults="kill-leader --times 20"                  kill -9 of the leader
 * $F -Dfaults="kill-leader --times 20 --signal STOP"    the leader hangs for seconds
 * $F -Dfaults="kill-all --times 20"                     kill -9 of all three at once
 * $F -Dfaults="exactly-once"                            requests sent twice, answers dropped, kills
 * $F -Dfaults="snapshot-catch-up --entries 100000"      a member returns behind the log's start
 * $F -Dfaults="import PACKAGES_FILE"                    a Debian package index, through kvctl
 * $F -Dfaults="disk-faults"                             full disks, syncs that hang or fail
 * $F -Dfaults="power-cut --times 20"                    what was not synced is gone, everywhere
 * $F -Dfaults="partition --members 5"                   links between members fail
 * $F -Dfaults="chaos --minutes 60"                      all of it, in rounds
 * $F -Dfaults="bad-input"                               what no client should send, row by row
 * $F -Dfaults="kill-leader --help"                      the options of a run
 * </pre>
 *
 * <p>The exit code is 0 only if every check of the run held: nothing acknowledged was lost, the
 * history is linearizable, the members' states are equal. How long things took is printed, not
 * checked. All that a run starts ends with it; its folder is kept if a check failed.
 *
 * <p>Each run is one main thread that does the faults, and one thread per client. May import the
 * harness of {@code io.raftkv.e2e}, {@code io.raftkv.check} and the client.
 */
@NullMarked
package io.raftkv.e2e.run;

import org.jspecify.annotations.NullMarked;
