"""What is counted, and under which labels."""

from prometheus_client.parser import text_string_to_metric_families

from common.metrics import Metrics


class Time:
    """Seconds that a test sets."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return them."""
        return self.seconds


def scraped(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return every sample by name and label values, without the agent."""
    text, _ = metrics.exposition()
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            assert sample.labels.pop("agent") == "alpha"
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            found[sample.name, labels] = sample.value
    return found


def metrics_of(time: Time) -> Metrics:
    """Return metrics of an agent that knows one action."""
    return Metrics("alpha", lambda action: action == "echo", lambda: ("ready", 2), time)


def test_requests_are_counted_by_action_and_status() -> None:
    """Known actions have their own label; all others share one, however many there are."""
    metrics = metrics_of(Time())
    for _ in range(2):
        metrics.observe("echo", "success", 0.002)
    metrics.observe("echo", "timeout", 5)
    for name in ("x", "y", "z"):
        metrics.observe(name, "unknown_action", 0)
    found = scraped(metrics)

    assert found["agent_request_count_total", ("echo", "success")] == 2
    assert found["agent_request_count_total", ("echo", "timeout")] == 1
    assert found["agent_request_count_total", ("unknown", "unknown_action")] == 3


def test_durations_are_cumulative_buckets() -> None:
    """The histogram has every request in its last bucket and the seconds in its sum."""
    metrics = metrics_of(Time())
    for seconds in (0.001, 0.002, 60):
        metrics.observe("echo", "success", seconds)
    found = scraped(metrics)

    assert found["agent_request_duration_bucket", ("echo", "0.001")] == 1
    assert found["agent_request_duration_bucket", ("echo", "0.0025")] == 2
    assert found["agent_request_duration_bucket", ("echo", "10.0")] == 2
    assert found["agent_request_duration_bucket", ("echo", "+Inf")] == 3
    assert found["agent_request_duration_count", ("echo",)] == 3
    assert found["agent_request_duration_sum", ("echo",)] == 60.003


def test_error_rate_forgets_after_a_minute() -> None:
    """The rate is faults by requests of the last sixty seconds; refusals are no faults."""
    time = Time()
    metrics = metrics_of(time)
    rates = [scraped(metrics)["agent_error_rate", ()]]
    metrics.observe("echo", "internal", 0)
    time.seconds = 30
    for status in ("success", "success", "not_found"):
        metrics.observe("echo", status, 0)
    rates.append(scraped(metrics)["agent_error_rate", ()])
    time.seconds = 61
    rates.append(scraped(metrics)["agent_error_rate", ()])
    time.seconds = 500
    rates.append(scraped(metrics)["agent_error_rate", ()])

    assert rates == [0, 0.25, 0, 0]


def test_process_is_measured() -> None:
    """Phase, load and what the process uses of its machine are there."""
    found = scraped(metrics_of(Time()))

    assert found["agent_phase", ("ready",)] == 1
    assert found["agent_inflight", ()] == 2
    assert found["agent_cpu_seconds", ()] > 0
    assert found["agent_resident_memory_bytes", ()] > 1_000_000
    assert found["agent_open_fds", ()] > 2
