"""What is counted, and under which labels."""

import shutil
import subprocess
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from common.metrics import COUNTERS, MAX_VALUES, OTHER, LabelLimit, Metrics, UndeclaredMetricError


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
    assert found["agent_request_duration_bucket", ("echo", "30.0")] == 2
    assert found["agent_request_duration_bucket", ("echo", "60.0")] == 3
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


@pytest.mark.parametrize("name", sorted(COUNTERS))
def test_declared_counters_are_scraped(name: str) -> None:
    """What other modules count has the labels that it was declared with."""
    metrics = metrics_of(Time())
    labels = dict.fromkeys(COUNTERS[name].labels, "x")
    metrics.count(name, **labels)
    metrics.count(name, 2, **labels)

    assert scraped(metrics)[name, ("x",) * len(labels)] == 3


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("agent_retry_total", {"peer": "x"}),
        ("agent_retries_total", {"topic": "x"}),
        ("agent_retries_total", {}),
        ("agent_retries_total", {"peer": "x", "topic": "x"}),
    ],
)
def test_undeclared_counters_are_refused(name: str, labels: dict[str, str]) -> None:
    """A counter or a label that the table does not have is a mistake in the program."""
    with pytest.raises(UndeclaredMetricError, match="expected .* found"):
        metrics_of(Time()).count(name, **labels)


def test_labels_have_a_limit() -> None:
    """The first hundred peers are told apart, all later ones are `other`; none is lost."""
    metrics = metrics_of(Time())
    for _ in range(2):
        for number in range(MAX_VALUES + 7):
            metrics.count("agent_retries_total", peer=f"peer-{number}")
    found = {
        labels[0]: value
        for (name, labels), value in scraped(metrics).items()
        if name == "agent_retries_total"
    }

    assert len(found) == MAX_VALUES + 1
    assert found[OTHER] == 14
    assert sum(found.values()) == 2 * (MAX_VALUES + 7)


def test_actions_have_a_limit_too() -> None:
    """However many actions an agent answers, the labels stay few."""
    metrics = Metrics("alpha", lambda action: True, lambda: ("ready", 2), Time())
    for number in range(MAX_VALUES + 7):
        metrics.observe(f"action-{number}", "success", 0)

    assert scraped(metrics)["agent_request_count_total", (OTHER, "success")] == 7


@settings(deadline=None)
@given(st.lists(st.text()), st.integers(0, 5))
def test_a_limited_label_is_itself_or_other(values: list[str], size: int) -> None:
    """A value that was let through once always is; no more than the limit ever are."""
    limit = LabelLimit(size)
    first = [limit(value) for value in values]

    assert [limit(value) for value in values] == first
    assert len(set(first) - {OTHER}) <= size
    assert all(kept in (value, OTHER) for kept, value in zip(first, values, strict=True))


def test_any_thread_may_count() -> None:
    """Counts from several threads all arrive."""
    metrics = metrics_of(Time())

    def count() -> None:
        for _ in range(2000):
            metrics.count("agent_spans_dropped_total", reason="queue_full")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert scraped(metrics)["agent_spans_dropped_total", ("queue_full",)] == 8000


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_complain_of() -> None:
    """The names, helps and types are as Prometheus wants them."""
    metrics = metrics_of(Time())
    metrics.observe("echo", "success", 0.002)
    for name, kind in COUNTERS.items():
        metrics.count(name, **dict.fromkeys(kind.labels, "x"))
    text, _ = metrics.exposition()
    told = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)

    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")
