"""The health port, asked as probes and careless clients ask."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from common.clock import SystemClock
from common.health import MAX_HEAD_BYTES, HealthServer
from common.lifecycle import Event
from common.metrics import Metrics
from common.status import Status
from common.transport.server import PortInUseError


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Status, int]]:
    """Give the status behind a health port, and the port."""
    status = Status("alpha", "alpha-1", SystemClock())
    metrics = Metrics("alpha", lambda action: True, lambda: (status.phase.value, 3))
    metrics.observe("echo", "success", 0.01)
    server = HealthServer(lambda: status.report(inflight=3), metrics)
    port = await server.bind("127.0.0.1", 0)
    try:
        yield status, port
    finally:
        await server.close()


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """Return status and body of a response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(5):
        response = await reader.read()
    writer.close()
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


async def get(port: int, path: str) -> tuple[int, bytes]:
    """GET a path."""
    return await ask(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def test_ready_follows_the_phase() -> None:
    """/readyz is 503 until the agent is ready, 200 then and when degraded, and says why."""
    async with serving() as (status, port):
        status.set_waiting(("beta",))
        waiting_code, waiting = await get(port, "/readyz")
        status.set_waiting(())
        status.handle(Event.STARTED)
        ready_code, _ = await get(port, "/readyz")
        status.set_lost(("beta",))
        degraded_code, degraded = await get(port, "/readyz?full")
        status.handle(Event.STOP_REQUESTED)
        draining_code, _ = await get(port, "/readyz")

    assert (waiting_code, ready_code, degraded_code, draining_code) == (503, 200, 200, 503)
    assert (
        json.loads(waiting)["phase"],
        json.loads(waiting)["waiting_for"],
    ) == ("waiting", ["beta"])
    assert (json.loads(degraded)["phase"], json.loads(degraded)["lost"]) == ("degraded", ["beta"])


async def test_live_whatever_the_phase() -> None:
    """/livez is 200 as long as the loop runs."""
    async with serving() as (_, port):
        assert await get(port, "/livez") == (200, b"alive\n")


async def test_metrics_are_prometheus_text() -> None:
    """/metrics has the counts."""
    async with serving() as (_, port):
        code, body = await get(port, "/metrics")

    assert code == 200
    count = b'agent_request_count_total{action="echo",agent="alpha",status="success"} 1.0'
    assert count in body


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /readyz/ HTTP/1.1\r\n\r\n", 404),
        (b"POST /readyz HTTP/1.1\r\n\r\n", 405),
        (b"HEAD /livez HTTP/1.1\r\n\r\n", 200),
        (b"nonsense\r\n\r\n", 405),
        (b"GET /" + b"x" * 2 * MAX_HEAD_BYTES, 431),
    ],
)
async def test_odd_requests(request_bytes: bytes, code: int) -> None:
    """Anything else is refused, and the port goes on."""
    async with serving() as (_, port):
        assert code == (await ask(port, request_bytes))[0]
        assert (await get(port, "/livez"))[0] == 200


async def test_port_in_use_is_told() -> None:
    """Two health servers on one port: the second says which variable to change."""
    async with serving() as (_, port):
        metrics = Metrics("beta", lambda action: True, lambda: ("ready", 0))
        status = Status("beta", "beta", SystemClock())
        other = HealthServer(lambda: status.report(inflight=0), metrics)
        with pytest.raises(PortInUseError, match="AGENT_HEALTH_PORT"):
            await other.bind("127.0.0.1", port)
