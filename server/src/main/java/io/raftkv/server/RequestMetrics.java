package io.raftkv.server;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.raftkv.service.ServiceMetrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts requests by method and reason, and their times. For any thread. */
final class RequestMetrics implements ServiceMetrics {
  private static final double NANOS_PER_SECOND = 1e9;

  private static final String OK = "OK";

  private final Counter requests;
  private final Counter bytes;
  private final Histogram seconds;

  /** Looking them up by their labels costs more than counting. */
  private final Map<String, OfMethod> methods = new ConcurrentHashMap<>();

  private record OfMethod(
      CounterDataPoint answered, CounterDataPoint bytes, DistributionDataPoint seconds) {}

  RequestMetrics(PrometheusRegistry registry) {
    requests =
        Counter.builder()
            .name("raftkv_requests_total")
            .help("Requests answered, by the reason of the error or OK.")
            .labelNames("method", "reason")
            .register(registry);
    bytes =
        Counter.builder()
            .name("raftkv_request_bytes_total")
            .help("Bytes of requests.")
            .labelNames("method")
            .register(registry);
    seconds =
        Histogram.builder()
            .name("raftkv_request_seconds")
            .help("From the first look at a request to its answer.")
            .labelNames("method")
            .classicOnly()
            .classicExponentialUpperBounds(0.0001, 2, 17)
            .register(registry);
  }

  @Override
  public void finished(String method, String reason, long nanos, long requestBytes) {
    OfMethod of = methods.computeIfAbsent(method, this::ofMethod);
    if (reason.equals(OK)) {
      of.answered.inc();
    } else {
      requests.labelValues(method, reason).inc();
    }
    of.bytes.inc(requestBytes);
    of.seconds.observe(nanos / NANOS_PER_SECOND);
  }

  private OfMethod ofMethod(String method) {
    return new OfMethod(
        requests.labelValues(method, OK), bytes.labelValues(method), seconds.labelValues(method));
  }
}
