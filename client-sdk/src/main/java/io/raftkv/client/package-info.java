/**
 * The Java client of raftkv.
 *
 * <pre>{@code
 * try (KvClient client = KvClient.connect("127.0.0.1:7400,127.0.0.1:7410,127.0.0.1:7420")) {
 *   client.put("city/paris", "2102650");
 *   client.get("city/paris").value().ifPresent(value -> System.out.println(value.utf8()));
 *
 *   try {
 *     client.put("city/paris", "1", PutOptions.DEFAULT.withIfAbsent());
 *   } catch (KvException e) {
 *     if (e.reason() == Reason.CONDITION_FAILED) {
 *       System.out.println("already there since revision " + e.modRevision().getAsLong());
 *     }
 *   }
 *
 *   for (KeyValue city : client.scan(KeyRange.prefix("city/"))) {
 *     System.out.println(city.key() + " = " + city.value());
 *   }
 * }
 * }</pre>
 *
 * <p>Start at {@link io.raftkv.client.KvClient}. Options and results are immutable. A failure is a
 * {@link io.raftkv.client.KvException}, whose {@link io.raftkv.client.KvException#outcome()
 * outcome} says whether a write may have happened.
 *
 * <p>May import {@code java.*} and the package below it, {@code impl}; no gRPC, Netty or protobuf
 * type is part of a public signature. Blocking methods wait on the caller's thread; futures
 * complete on a network thread of the client.
 */
@NullMarked
package io.raftkv.client;

import org.jspecify.annotations.NullMarked;
