"""Spans as a collector gets them, over real HTTP, read with the official messages."""

import base64
import json
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from agents.core_services.service_registry import ServiceRegistry
from common.agent import Agent, action
from common.call_context import CallContext, correlated
from common.messages import Done, Empty
from common.metrics import Metrics
from common.otlp import (
    BATCH_SPANS,
    QUEUE_SPANS,
    SpanExporter,
    encode,
    export_spans,
    span_id,
    trace_id,
)
from common.testing.live import LiveFleet
from common.traces import Finished, Origin, Tracer
from common.transport.server import Answered

ORIGIN = Origin("alpha", "alpha-2", "r1")
LOG = logging.getLogger("test.otlp")
SECONDS = 10.0


class Collector(ThreadingHTTPServer):
    """Take what is sent; answer what the test says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.requests: queue.Queue[tuple[str, str, bytes]] = queue.Queue()
        self.answers: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self.gate = threading.Event()
        self.gate.set()

    @property
    def endpoint(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next(self) -> list[Span]:
        """Return the spans of the next request."""
        path, kind, body = self.requests.get(timeout=SECONDS)
        assert (path, kind) == ("/v1/traces", "application/json")
        return list(parsed(body).resource_spans[0].scope_spans[0].spans)


class Receiver(BaseHTTPRequestHandler):
    """Serve one connection of the collector."""

    server: Collector

    def do_POST(self) -> None:
        """Note the request, and answer 200 when the test says nothing else."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.put((self.path, self.headers["Content-Type"], body))
        self.server.gate.wait(SECONDS)
        try:
            status, told = self.server.answers.get_nowait()
        except queue.Empty:
            status, told = 200, b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


class Drops(Counter[str]):
    """Count what was dropped."""

    def __call__(self, reason: str, number: int) -> None:
        """Add to the count of a reason."""
        self[reason] += number


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Run a collector for the time of a test."""
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


def finished(id: str = "b" * 16, status: str = "success", trace: str = "c" * 32) -> Finished:
    """Return a span of a quarter of a second."""
    return Finished(trace, id, "a" * 16, "echo", 1_700_000_000.5, 0.25, status)


def exporter(endpoint: str) -> tuple[SpanExporter, Drops]:
    """Return an exporter, and what it drops."""
    drops = Drops()
    return SpanExporter(endpoint, ORIGIN, drops, LOG), drops


def fill(found: SpanExporter, count: int) -> None:
    """Offer so many spans."""
    for number in range(count):
        found.offer(finished(f"{number + 1:016x}"))


def parsed(body: bytes) -> ExportTraceServiceRequest:
    """Read a body: OTLP has ids in hexadecimal where protobuf's JSON has base64."""
    document = json.loads(body)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return ParseDict(document, ExportTraceServiceRequest())


def texts(attributes: Any) -> dict[str, str]:
    """Return attributes by key."""
    return {found.key: found.value.string_value for found in attributes}


async def test_a_collector_gets_each_span_whole(collector: Collector) -> None:
    """Ids, times, kind, status and names arrive as OpenTelemetry defines them."""
    found, drops = exporter(collector.endpoint)
    found.offer(finished())
    await found.close()

    (span,) = collector.next()
    assert (span.trace_id, span.span_id) == (b"\xcc" * 16, b"\xbb" * 8)
    assert span.parent_span_id == b"\xaa" * 8
    assert (span.name, span.kind) == ("alpha.echo", Span.SPAN_KIND_SERVER)
    assert span.start_time_unix_nano == 1_700_000_000_500_000_000
    assert span.end_time_unix_nano - span.start_time_unix_nano == 250_000_000
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert texts(span.attributes) == {
        "rpc.service": "alpha",
        "rpc.method": "echo",
        "correlation_id": "c" * 32,
    }
    assert not drops


def test_the_resource_is_the_process() -> None:
    """Service, copy and release are said once for all spans."""
    request = parsed(encode(ORIGIN, (finished(), finished())))

    (resource,) = request.resource_spans
    assert texts(resource.resource.attributes) == {
        "service.name": "alpha",
        "service.instance.id": "alpha-2",
        "service.version": "r1",
    }
    assert len(resource.scope_spans[0].spans) == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("internal", Status.STATUS_CODE_ERROR),
        ("timeout", Status.STATUS_CODE_ERROR),
        ("not_found", Status.STATUS_CODE_UNSET),
    ],
)
def test_a_fault_is_an_error_and_a_refusal_is_an_answer(status: str, code: int) -> None:
    """Only what got no answer is an error; the code is told either way."""
    request = parsed(encode(ORIGIN, (finished(status=status),)))

    (span,) = request.resource_spans[0].scope_spans[0].spans
    assert span.status.code == code
    assert texts(span.attributes)["error.type"] == status


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.text("0123456789abcdefABCDEF"),
)
def test_ids_have_the_form_that_is_wanted(text: str, digits: str) -> None:
    """Any id becomes one of the right length that is not zero, and the same one each time."""
    for given_id in (text, digits.ljust(16, "0")[:16], digits.ljust(32, "0")[:32]):
        request = parsed(encode(ORIGIN, (finished(given_id, trace=given_id),)))
        (span,) = request.resource_spans[0].scope_spans[0].spans
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert any(span.trace_id) and any(span.span_id)
        assert (span.trace_id.hex(), span.span_id.hex()) == (trace_id(given_id), span_id(given_id))


async def test_many_spans_go_in_batches(collector: Collector) -> None:
    """A full batch leaves at once, the rest when the process stops, each span once."""
    found, drops = exporter(collector.endpoint)
    fill(found, BATCH_SPANS + 1)
    first = collector.next()
    await found.close()

    assert len(first) == BATCH_SPANS
    ids = [span.span_id.hex() for span in (*first, *collector.next())]
    assert ids == [f"{number + 1:016x}" for number in range(BATCH_SPANS + 1)]
    assert not drops


async def test_a_single_span_does_not_wait_for_others(collector: Collector) -> None:
    """A batch that does not fill up leaves after a second."""
    found, _ = exporter(collector.endpoint)
    found.offer(finished())

    assert len(collector.next()) == 1
    await found.close()


async def test_a_collector_that_asks_for_time_gets_the_same_again(collector: Collector) -> None:
    """What could not be taken is sent again and not counted as lost."""
    collector.answers.put((503, b""))
    found, drops = exporter(collector.endpoint)
    fill(found, BATCH_SPANS)
    first = collector.next()
    await found.close()

    assert collector.next() == first
    assert not drops


async def test_what_a_collector_refuses_is_counted(collector: Collector) -> None:
    """Refused spans are not sent again, and those after them are."""
    collector.answers.put((400, b""))
    found, drops = exporter(collector.endpoint)
    fill(found, BATCH_SPANS + 1)
    await found.close()

    assert [len(collector.next()) for _ in range(2)] == [BATCH_SPANS, 1]
    assert drops == {"refused": BATCH_SPANS}


async def test_what_a_collector_wants_in_part_is_counted(collector: Collector) -> None:
    """A collector may take a batch but for some of its spans."""
    collector.answers.put((200, b'{"partialSuccess":{"rejectedSpans":"3"}}'))
    found, drops = exporter(collector.endpoint)
    fill(found, 10)
    await found.close()

    assert drops == {"refused": 3}


async def test_without_a_collector_the_queue_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens: spans that find no place are counted, and it is told once."""
    found, drops = exporter("http://127.0.0.1:9")
    with caplog.at_level(logging.WARNING, "test.otlp"):
        fill(found, QUEUE_SPANS + 7)
        await found.close()
    found.offer(finished())

    assert drops == {"queue_full": 8, "unsent": QUEUE_SPANS}
    assert [record.message for record in caplog.records] == ["spans cannot be sent"]


async def test_a_collector_that_hangs_holds_nobody_up(collector: Collector) -> None:
    """Neither requests nor the stop of a process wait for a collector that does not answer."""
    collector.gate.clear()
    found, _ = exporter(collector.endpoint)
    fill(found, BATCH_SPANS)
    collector.next()
    begun = time.monotonic()
    fill(found, QUEUE_SPANS)
    await found.close(0.2)

    assert time.monotonic() - begun < SECONDS / 2


class Echo(Agent):
    """Answer."""

    @action
    async def echo(self, request: Empty) -> Done:
        """Answer at once."""
        return Done()


async def test_a_process_tells_its_collector_before_it_stops(collector: Collector) -> None:
    """With an endpoint set, what an agent answered has arrived when its process has ended."""
    async with LiveFleet(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, AGENT_RELEASE="r1"
    ) as fleet:
        fleet.start(ServiceRegistry)
        fleet.start(Echo)
        await fleet.ready()
        with correlated("c" * 32, span="a" * 16):
            await fleet.peers.call("echo", "echo", Empty(), Done)
        await fleet.stop("echo")
        told: list[ResourceSpans] = []
        while not collector.requests.empty():
            told += parsed(collector.requests.get()[2]).resource_spans

    names = [texts(found.resource.attributes)["service.name"] for found in told]
    resource = told[names.index("echo")]
    assert texts(resource.resource.attributes)["service.version"] == "r1"
    (span,) = resource.scope_spans[0].spans
    assert (span.name, span.trace_id) == ("echo.echo", b"\xcc" * 16)
    assert span.parent_span_id == b"\xaa" * 8


async def test_lost_spans_are_a_metric() -> None:
    """What the collector did not get can be seen where everything else is counted."""
    metrics = Metrics("alpha", lambda action: True, lambda: ("ready", 0))
    tracer = Tracer(ORIGIN, lambda: 1.0)
    found = export_spans(tracer, "http://127.0.0.1:9", metrics, LOG)
    tracer.record(Answered("echo", "success", 0.1, CallContext("c", "beta", None, "s")))
    await found.close()

    lost = b'agent_spans_dropped_total{agent="alpha",reason="unsent"} 1.0'
    assert lost in metrics.exposition()[0]
