package io.raftkv.client;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Two fake members and a client of both; the first one leads, and the client knows it. */
final class FakeCluster implements AutoCloseable {
  /**
   * For tests that are not about time: on a busy machine nothing moves to another member, and
   * nothing is asked how it is, because an answer is slow.
   */
  static final ClientOptions PATIENT =
      ClientOptions.of("127.0.0.1:1")
          .withTimeout(Duration.ofSeconds(30))
          .withAttemptTimeout(Duration.ofSeconds(30));

  final FakeMember leader = new FakeMember(1).leads();
  final FakeMember follower = new FakeMember(2).follows(leader);
  final KvClient client;

  FakeCluster() {
    this(PATIENT);
  }

  /** The client knows these others, too. */
  FakeCluster(ClientOptions options, FakeMember... others) {
    List<Endpoint> endpoints =
        Stream.concat(Stream.of(leader, follower), Stream.of(others))
            .map(FakeMember::endpoint)
            .toList();
    client = KvClient.connect(options.withEndpoints(endpoints));
  }

  /** Lets the client learn who leads, and forgets what that took. */
  FakeCluster learned() {
    client.get("warm-up");
    client.get("warm-up");
    leader.received.clear();
    follower.received.clear();
    return this;
  }

  /** A patient client of one member. */
  static KvClient clientOf(FakeMember member) {
    return KvClient.connect(PATIENT.withEndpoints(List.of(member.endpoint())));
  }

  long count(Class<?> type) {
    return Stream.of(leader, follower).mapToLong(member -> member.count(type)).sum();
  }

  @Override
  public void close() {
    client.close();
    leader.close();
    follower.close();
  }
}
