"""What a process counts about itself. No web server may enter."""

import os
import resource
import threading
import time
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

# From what an answer from memory takes to the longest poll.
BUCKETS = tuple(
    milliseconds / 1000
    for milliseconds in (0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4)
)
ERROR_WINDOW_SECONDS = 60
# A refusal (invalid, not_found, denied, ...) is an answer; these are requests that got none.
FAULTS = frozenset({"internal", "timeout", "unavailable", "overloaded"})
ERROR_RATE_HELP = f"Of the requests of the last minute, the share of {', '.join(sorted(FAULTS))}"

# A monitoring system keeps every combination of label values apart, for ever.
MAX_VALUES = 100
OTHER = "other"


@dataclass(frozen=True)
class CounterKind:
    """A counter that other modules count with: its help and the labels it is given."""

    help: str
    labels: tuple[str, ...]


COUNTERS = {
    "agent_refused_connections_total": CounterKind(
        "Connections that the allow-list or a wrong key kept out", ("reason",)
    ),
    "agent_retries_total": CounterKind("Requests that were sent again", ("peer",)),
    "agent_circuit_opened_total": CounterKind("Times that a peer was given up", ("peer",)),
    "agent_events_published_total": CounterKind("Events told to subscribers", ("topic",)),
    "agent_events_missed_total": CounterKind("Events that a subscription lost", ("topic",)),
    "agent_spans_dropped_total": CounterKind("Spans that the collector did not get", ("reason",)),
}


class UndeclaredMetricError(Exception):
    """Refuse to count what COUNTERS does not declare."""

    def __init__(self, name: str, labels: Iterable[str]) -> None:
        kind = COUNTERS.get(name)
        expected = f"{name}({', '.join(kind.labels)})" if kind else f"one of {', '.join(COUNTERS)}"
        super().__init__(f"metrics: expected {expected}, found {name}({', '.join(labels)})")


class LabelLimit:
    """Let the first values of a label through and call all later ones `other`."""

    def __init__(self, size: int = MAX_VALUES) -> None:
        self._size = size
        self._values: set[str] = set()

    def __call__(self, value: str) -> str:
        """Return the value to count under."""
        if value in self._values:
            return value
        if len(self._values) >= self._size:
            return OTHER
        self._values.add(value)
        return value


class ErrorRate:
    """Faults divided by requests over the last minute, counted by the second."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seconds: deque[list[int]] = deque(maxlen=ERROR_WINDOW_SECONDS)

    def count(self, is_fault: bool) -> None:
        """Take one request into account."""
        second = int(self._now())
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append([second, 0, 0])
        latest = self._seconds[-1]
        latest[1] += 1
        latest[2] += is_fault

    @property
    def value(self) -> float:
        """Return the rate from 0 to 1; without requests it is 0."""
        oldest = int(self._now()) - ERROR_WINDOW_SECONDS
        recent = [counted for counted in self._seconds if counted[0] > oldest]
        requests = sum(counted[1] for counted in recent)
        return sum(counted[2] for counted in recent) / requests if requests else 0.0


class Metrics:
    """Count requests cheaply; make Prometheus text when someone asks.

    prometheus_client takes longer to import than an agent to start, so only the first scrape does.
    """

    def __init__(
        self,
        agent: str,
        is_known: Callable[[str], bool],
        read: Callable[[], tuple[str, int]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._agent = agent
        self._is_known = is_known
        self._read = read
        self._counts: dict[tuple[str, str], int] = {}
        self._durations: dict[str, list[float]] = {}
        self._error_rate = ErrorRate(now)
        self._limits: dict[str, LabelLimit] = defaultdict(LabelLimit)
        self._counters: dict[str, dict[tuple[str, ...], int]] = {name: {} for name in COUNTERS}
        self._lock = threading.Lock()

    def count(self, name: str, number: int = 1, /, **labels: str) -> None:
        """Add to a counter of COUNTERS; any thread may."""
        kind = COUNTERS.get(name)
        if kind is None or labels.keys() != {*kind.labels}:
            raise UndeclaredMetricError(name, labels)
        values = tuple(labels[label] for label in kind.labels)
        counted = self._counters[name]
        with self._lock:
            if values not in counted:
                values = tuple(self._limits[label](labels[label]) for label in kind.labels)
            counted[values] = counted.get(values, 0) + number

    def observe(self, action: str, status: str, seconds: float) -> None:
        """Count one answered request."""
        known = self._limits["action"](action) if self._is_known(action) else "unknown"
        key = (known, status)
        self._counts[key] = self._counts.get(key, 0) + 1
        durations = self._durations.setdefault(known, [0.0] * (len(BUCKETS) + 2))
        durations[bisect_left(BUCKETS, seconds)] += 1
        durations[-1] += seconds
        self._error_rate.count(status in FAULTS)

    def exposition(self) -> tuple[bytes, str]:
        """Return the text of a scrape and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def collect(self) -> "Iterable[Metric]":
        """Give every metric as it stands (the collector interface of prometheus_client)."""
        yield from self._requests()
        yield from self._declared()
        yield from self._gauges()

    def _requests(self) -> "Iterable[Metric]":
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        # Prometheus text puts _total behind a counter's name, so that the catalogue's name for this
        # one is scraped as agent_request_count_total.
        count = CounterMetricFamily(
            "agent_request_count", "Requests answered", labels=("agent", "action", "status")
        )
        for (action, status), number in sorted(self._counts.items()):
            count.add_metric((self._agent, action, status), number)
        duration = HistogramMetricFamily(
            "agent_request_duration", "Seconds until the reply", labels=("agent", "action")
        )
        for action, counted in sorted(self._durations.items()):
            duration.add_metric((self._agent, action), _cumulated(counted), sum_value=counted[-1])
        return (count, duration)

    def _declared(self) -> "Iterable[Metric]":
        from prometheus_client.core import CounterMetricFamily

        with self._lock:
            counters = {name: tuple(counted.items()) for name, counted in self._counters.items()}
        for name, counted in counters.items():
            kind = COUNTERS[name]
            family = CounterMetricFamily(name, kind.help, labels=("agent", *kind.labels))
            for values, number in sorted(counted):
                family.add_metric((self._agent, *values), number)
            yield family

    def _gauges(self) -> "Iterable[Metric]":
        from prometheus_client.core import GaugeMetricFamily

        phase, inflight = self._read()
        readings = {
            "agent_error_rate": (ERROR_RATE_HELP, self._error_rate.value),
            "agent_inflight": ("Requests being answered", float(inflight)),
            **_resources(),
        }
        for name, (help, value) in readings.items():
            gauge = GaugeMetricFamily(name, help, labels=("agent",))
            gauge.add_metric((self._agent,), value)
            yield gauge
        phases = GaugeMetricFamily("agent_phase", "1 for the phase", labels=("agent", "phase"))
        phases.add_metric((self._agent, phase), 1.0)
        yield phases


def _cumulated(counted: list[float]) -> list[tuple[str, float]]:
    total = 0.0
    buckets = []
    for bound, number in zip((*map(str, BUCKETS), "+Inf"), counted, strict=False):
        total += number
        buckets.append((bound, total))
    return buckets


def _resources() -> dict[str, tuple[str, float]]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    readings = {"agent_cpu_seconds": ("Processor time used", usage.ru_utime + usage.ru_stime)}
    statm, descriptors = Path("/proc/self/statm"), Path("/proc/self/fd")
    if statm.exists():
        resident = int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        readings["agent_resident_memory_bytes"] = ("Memory in use", float(resident))
        number = float(len(os.listdir(descriptors)))
        readings["agent_open_fds"] = ("Open file descriptors", number)
    return readings
