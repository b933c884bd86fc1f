package io.raftkv.service;

import java.time.Duration;

/**
 * What a request may be and cost. What exceeds a limit gets a clear error and changes nothing.
 *
 * @param keyBytesMax bytes of a key, a prefix or the bound of a range
 * @param valueBytesMax bytes of a value
 * @param requestBytesMax bytes of a whole request
 * @param pageKeysDefault keys in a page whose request names no limit
 * @param pageKeysMax keys in a page at most; a higher limit of a request is lowered to it
 * @param pageBytesMax bytes of keys and values in a page, unless a single one is larger
 * @param requestsInFlightMax requests under way at a time; more are refused with QUEUE_FULL
 * @param bytesInFlightMax bytes of requests under way at a time; likewise
 * @param answerBytesMax bytes of answers that clients have not taken yet; while they hold more,
 *     requests are refused with QUEUE_FULL
 * @param connectionParts one connection may have one of so many parts of what may be under way and
 *     of the answers
 * @param pageThreads threads that read pages
 * @param pageQueueMax pages that may wait for such a thread
 * @param walkQueueMax walks of whole ranges (counts, hashes) that may wait for the one thread that
 *     does them
 * @param sessionNameBytesMax bytes of the name of a session
 * @param sessionTtlDefault time to live of a session whose request names none
 * @param sessionTtlMin a shorter one is raised to it
 * @param sessionTtlMax a longer one is lowered to it
 * @param sessionsInAnswerMax sessions that one answer lists
 * @param deadlineDefault how long a request may take whose client names no deadline
 * @param deadlineMax how long any request may take
 * @param answerTakenMax how long a client may take to read an answer until its stream is reset
 */
public record ServiceLimits(
    int keyBytesMax,
    int valueBytesMax,
    int requestBytesMax,
    int pageKeysDefault,
    int pageKeysMax,
    int pageBytesMax,
    int requestsInFlightMax,
    long bytesInFlightMax,
    long answerBytesMax,
    int connectionParts,
    int pageThreads,
    int pageQueueMax,
    int walkQueueMax,
    int sessionNameBytesMax,
    Duration sessionTtlDefault,
    Duration sessionTtlMin,
    Duration sessionTtlMax,
    int sessionsInAnswerMax,
    Duration deadlineDefault,
    Duration deadlineMax,
    Duration answerTakenMax) {
  public static final ServiceLimits DEFAULT =
      new ServiceLimits(
          4096,
          1 << 20,
          3 << 19,
          1_000,
          10_000,
          1 << 20,
          20_000,
          128 << 20,
          64 << 20,
          4,
          2,
          4_000,
          16,
          256,
          Duration.ofSeconds(30),
          Duration.ofSeconds(1),
          Duration.ofHours(1),
          1_000,
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30));

  public ServiceLimits {
    check(keyBytesMax, "keyBytesMax");
    check(valueBytesMax, "valueBytesMax");
    check(requestBytesMax, "requestBytesMax");
    check(pageKeysDefault, "pageKeysDefault");
    check(pageKeysMax, "pageKeysMax");
    check(pageBytesMax, "pageBytesMax");
    check(requestsInFlightMax, "requestsInFlightMax");
    check(bytesInFlightMax, "bytesInFlightMax");
    check(answerBytesMax, "answerBytesMax");
    check(connectionParts, "connectionParts");
    check(pageThreads, "pageThreads");
    check(pageQueueMax, "pageQueueMax");
    check(walkQueueMax, "walkQueueMax");
    check(sessionNameBytesMax, "sessionNameBytesMax");
    check(sessionTtlMin.toMillis(), "sessionTtlMin");
    check(sessionTtlMax.toMillis() - sessionTtlMin.toMillis() + 1, "sessionTtlMax");
    check(sessionTtlDefault.toMillis() - sessionTtlMin.toMillis() + 1, "sessionTtlDefault");
    check(sessionsInAnswerMax, "sessionsInAnswerMax");
    check(deadlineDefault.toNanos(), "deadlineDefault");
    check(deadlineMax.toNanos(), "deadlineMax");
    check(answerTakenMax.toNanos(), "answerTakenMax");
  }

  /** With other bounds on what is under way at a time. */
  public ServiceLimits withInFlight(int requestsMax, long bytesMax) {
    return new ServiceLimits(
        keyBytesMax,
        valueBytesMax,
        requestBytesMax,
        pageKeysDefault,
        pageKeysMax,
        pageBytesMax,
        requestsMax,
        bytesMax,
        answerBytesMax,
        connectionParts,
        pageThreads,
        pageQueueMax,
        walkQueueMax,
        sessionNameBytesMax,
        sessionTtlDefault,
        sessionTtlMin,
        sessionTtlMax,
        sessionsInAnswerMax,
        deadlineDefault,
        deadlineMax,
        answerTakenMax);
  }

  /** With other pages. */
  public ServiceLimits withPages(int keysDefault, int keysMax, int bytesMax) {
    return new ServiceLimits(
        keyBytesMax,
        valueBytesMax,
        requestBytesMax,
        keysDefault,
        keysMax,
        bytesMax,
        requestsInFlightMax,
        bytesInFlightMax,
        answerBytesMax,
        connectionParts,
        pageThreads,
        pageQueueMax,
        walkQueueMax,
        sessionNameBytesMax,
        sessionTtlDefault,
        sessionTtlMin,
        sessionTtlMax,
        sessionsInAnswerMax,
        deadlineDefault,
        deadlineMax,
        answerTakenMax);
  }

  /** With other bounds on answers that clients do not take. */
  public ServiceLimits withAnswers(long bytesMax, Duration takenMax) {
    return new ServiceLimits(
        keyBytesMax,
        valueBytesMax,
        requestBytesMax,
        pageKeysDefault,
        pageKeysMax,
        pageBytesMax,
        requestsInFlightMax,
        bytesInFlightMax,
        bytesMax,
        connectionParts,
        pageThreads,
        pageQueueMax,
        walkQueueMax,
        sessionNameBytesMax,
        sessionTtlDefault,
        sessionTtlMin,
        sessionTtlMax,
        sessionsInAnswerMax,
        deadlineDefault,
        deadlineMax,
        takenMax);
  }

  private static void check(long value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " of " + value + " is out of range");
    }
  }
}
