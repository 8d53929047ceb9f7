"""Spans to an OpenTelemetry collector, as OTLP over HTTP in JSON. No choice of spans may enter.

A thread of its own sends: a collector that is slow, or gone, costs spans and nothing else.
"""

import asyncio
import http.client
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import islice
from urllib.parse import urlsplit

from pydantic_core import from_json, to_json

from common.metrics import FAULTS, Metrics
from common.traces import Finished, Origin, Tracer
from common.transport.server import SUCCESS

PATH = "/v1/traces"
BATCH_SPANS = 512
BATCH_SECONDS = 1.0
QUEUE_SPANS = 8 * BATCH_SPANS
POST_SECONDS = 5.0
FLUSH_SECONDS = 1.0
MAX_PAUSE_SECONDS = 30.0
MAX_RESPONSE_BYTES = 65536
# A collector that answers these wants the same again later; what else it refuses stays refused.
TRY_AGAIN = frozenset({429, 502, 503, 504})
SERVER_KIND = 2
STATUS_ERROR = 2

OnDrop = Callable[[str, int], None]

_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")


class UnreachableError(Exception):
    """Say that the collector does not take spans now."""


class RefusedError(Exception):
    """Say that the collector will never take these spans."""


def export_spans(
    tracer: Tracer, endpoint: str, metrics: Metrics, log: logging.Logger
) -> "SpanExporter":
    """Begin to send what a tracer records; what is lost is counted in the metrics."""

    def on_drop(reason: str, number: int) -> None:
        metrics.count("agent_spans_dropped_total", number, reason=reason)

    exporter = SpanExporter(endpoint, tracer.origin, on_drop, log)
    tracer.export = exporter.offer
    return exporter


class SpanExporter:
    """Send spans in batches; count those that the collector did not get.

    `on_drop` is given a reason and a number; any thread may call it.
    """

    def __init__(self, endpoint: str, origin: Origin, on_drop: OnDrop, log: logging.Logger) -> None:
        self._endpoint = endpoint
        self._origin = origin
        self._on_drop = on_drop
        self._log = log
        self._queue: deque[Finished] = deque()
        self._changed = threading.Condition()
        self._closes_at: float | None = None
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="otlp", daemon=True)
        self._thread.start()

    def offer(self, span: Finished) -> None:
        """Queue a span, or drop it when the queue is full; never wait for the collector."""
        with self._changed:
            has_room = len(self._queue) < QUEUE_SPANS and self._closes_at is None
            if has_room:
                self._queue.append(span)
                if len(self._queue) in (1, BATCH_SPANS):
                    self._changed.notify()
        if not has_room:
            self._on_drop("queue_full", 1)

    async def close(self, seconds: float = FLUSH_SECONDS) -> None:
        """Take no more, and send what waits for at most so long."""
        with self._changed:
            self._closes_at = time.monotonic() + seconds
            self._changed.notify()
        await asyncio.to_thread(self._thread.join, seconds)

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                rejected = post(self._endpoint, encode(self._origin, batch), self._patience())
            except UnreachableError as error:
                self._unreachable(error)
                continue
            except RefusedError as error:
                rejected = len(batch)
                self._log.warning("spans are refused", extra={"error": str(error)})
            self._sent(len(batch), rejected)

    def _next_batch(self) -> tuple[Finished, ...]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing)
            if self._failures:
                pause = min(BATCH_SECONDS * 2.0**self._failures, MAX_PAUSE_SECONDS)
                self._changed.wait_for(lambda: self._is_closing, pause)
            else:
                self._changed.wait_for(lambda: self._is_closing or self._is_full, BATCH_SECONDS)
            return tuple(islice(self._queue, BATCH_SPANS))

    @property
    def _is_full(self) -> bool:
        return len(self._queue) >= BATCH_SPANS

    @property
    def _is_closing(self) -> bool:
        return self._closes_at is not None

    def _patience(self) -> float:
        closes_at = self._closes_at
        return POST_SECONDS if closes_at is None else max(0.05, closes_at - time.monotonic())

    def _unreachable(self, error: UnreachableError) -> None:
        self._failures += 1
        if self._failures == 1:
            self._log.warning("spans cannot be sent", extra={"error": str(error)})
        if self._is_closing:
            self._remove(len(self._queue), "unsent")

    def _sent(self, count: int, rejected: int) -> None:
        if self._failures:
            self._log.info("spans are sent again")
        self._failures = 0
        self._remove(count)
        if rejected:
            self._on_drop("refused", rejected)

    def _remove(self, count: int, reason: str = "") -> None:
        with self._changed:
            for _ in range(count):
                self._queue.popleft()
        if reason:
            self._on_drop(reason, count)


def post(endpoint: str, body: bytes, seconds: float) -> int:
    """Send one batch and return how many of its spans the collector did not want."""
    parts = urlsplit(endpoint)
    is_secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=seconds)
    try:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request("POST", parts.path + PATH, body, headers)
        response = connection.getresponse()
        told = response.read(MAX_RESPONSE_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{endpoint}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if response.status in TRY_AGAIN:
        raise UnreachableError(f"{endpoint}: {response.status} {response.reason}")
    if not 200 <= response.status < 300:
        raise RefusedError(f"{endpoint}: {response.status} {response.reason}")
    return _rejected(told)


def _rejected(told: bytes) -> int:
    try:
        return int(from_json(told)["partialSuccess"]["rejectedSpans"])
    except (ValueError, LookupError, TypeError):  # it has nothing to say about them
        return 0


def encode(origin: Origin, spans: Iterable[Finished]) -> bytes:
    """Make the body of a request: an ExportTraceServiceRequest of one resource."""
    resource = {
        "service.name": origin.agent,
        "service.instance.id": origin.instance,
        "service.version": origin.release,
    }
    told = to_json({"attributes": _attributes(resource)})
    # One by one: the loop's thread may run between two spans, not within a call that makes JSON.
    encoded = b",".join(_encode(origin, span) for span in spans)
    return (
        b'{"resourceSpans":[{"resource":%b,"scopeSpans":[{"scope":{"name":"common.traces"},'
        b'"spans":[%b]}]}]}' % (told, encoded)
    )


def _encode(origin: Origin, span: Finished) -> bytes:
    started = int(span.started * 1e9)
    is_fault = span.status in FAULTS
    attributes = {
        "rpc.service": origin.agent,
        "rpc.method": span.action,
        "correlation_id": span.trace,
        "error.type": "" if span.status == SUCCESS else span.status,
    }
    return to_json(
        {
            "traceId": trace_id(span.trace),
            "spanId": span_id(span.id),
            "parentSpanId": span_id(span.parent) if span.parent else "",
            "name": f"{origin.agent}.{span.action}",
            "kind": SERVER_KIND,
            "startTimeUnixNano": str(started),
            "endTimeUnixNano": str(started + int(span.seconds * 1e9)),
            "attributes": _attributes(attributes),
            "status": {"code": STATUS_ERROR, "message": span.status} if is_fault else {},
        }
    )


def _attributes(values: dict[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items() if value]


def trace_id(correlation_id: str) -> str:
    """Return 32 hexadecimal digits for a correlation id: itself if it is that already."""
    return _hexadecimal(correlation_id, _TRACE_ID, 32)


def span_id(id: str) -> str:
    """Return 16 hexadecimal digits for a span's id: itself if it is that already."""
    return _hexadecimal(id, _SPAN_ID, 16)


def _hexadecimal(text: str, form: re.Pattern[str], digits: int) -> str:
    lower = text.lower()
    return lower if form.fullmatch(lower) else sha256(text.encode()).hexdigest()[:digits]
