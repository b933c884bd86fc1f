package io.raftkv.service;

import java.time.Duration;

/**
 * What a connection may do. gRPC itself sets no bound to calls, resets and idleness.
 *
 * @param connectionsMax connections open at a time; more are closed at once
 * @param connectionsPerAddressMax of them, from one other machine
 * @param messageBytesMax bytes of a message, also after decompression; more ends the call with
 *     RESOURCE_EXHAUSTED before it reaches a service
 * @param metadataBytesMax bytes of the headers of a call
 * @param callsMax calls open at a time on all connections; more are refused with QUEUE_FULL
 * @param callsPerConnectionMax calls open at a time on one connection; a client queues more
 * @param requestMax from the headers of a call until its request is there; else it is ended
 * @param resetsPerWindowMax calls that a client may reset within {@code resetWindow}
 * @param handshakeMax from accepting a connection until its HTTP/2 handshake is done
 * @param pingIntervalMin a client that pings more often is disconnected
 * @param keepAlive a connection that is silent for this long is pinged
 * @param keepAliveAnswerMax and closed if it does not answer within this time
 * @param pipelineIdleMax a stream of many calls is ended after this time without one; longer than a
 *     client library keeps to one stream, so that no call comes too late
 * @param idleMax a connection without calls is closed after this time
 * @param ageMax a connection is asked to make way for a new one after about this time, so that none
 *     stays for ever
 * @param ageGrace how long its calls may still take then
 */
public record ConnectionLimits(
    int connectionsMax,
    int connectionsPerAddressMax,
    int messageBytesMax,
    int metadataBytesMax,
    int callsMax,
    int callsPerConnectionMax,
    Duration requestMax,
    int resetsPerWindowMax,
    Duration resetWindow,
    Duration handshakeMax,
    Duration pingIntervalMin,
    Duration keepAlive,
    Duration keepAliveAnswerMax,
    Duration pipelineIdleMax,
    Duration idleMax,
    Duration ageMax,
    Duration ageGrace) {
  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(
          2_000,
          1_000,
          4 << 20,
          8 << 10,
          40_000,
          1_000,
          Duration.ofSeconds(60),
          20_000,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          Duration.ofMinutes(15),
          Duration.ofHours(1),
          Duration.ofMinutes(2));

  /** With other bounds on the number of connections. */
  public ConnectionLimits withConnections(int max, int perAddressMax) {
    return new ConnectionLimits(
        max,
        perAddressMax,
        messageBytesMax,
        metadataBytesMax,
        callsMax,
        callsPerConnectionMax,
        requestMax,
        resetsPerWindowMax,
        resetWindow,
        handshakeMax,
        pingIntervalMin,
        keepAlive,
        keepAliveAnswerMax,
        pipelineIdleMax,
        idleMax,
        ageMax,
        ageGrace);
  }

  /** With other bounds on the calls that are open, and on the time for their requests. */
  public ConnectionLimits withCalls(int max, Duration requestMax) {
    return new ConnectionLimits(
        connectionsMax,
        connectionsPerAddressMax,
        messageBytesMax,
        metadataBytesMax,
        max,
        callsPerConnectionMax,
        requestMax,
        resetsPerWindowMax,
        resetWindow,
        handshakeMax,
        pingIntervalMin,
        keepAlive,
        keepAliveAnswerMax,
        pipelineIdleMax,
        idleMax,
        ageMax,
        ageGrace);
  }
}
