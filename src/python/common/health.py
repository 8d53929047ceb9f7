"""The health port: /livez, /readyz, /metrics and nothing else. No framework may enter."""

import asyncio
import errno
from collections.abc import Callable

from common.contracts.health import HealthReport
from common.metrics import Metrics
from common.transport.server import PortInUseError

MAX_HEAD_BYTES = 8192
HEAD_SECONDS = 5.0

Response = tuple[str, str, bytes]
JSON = "application/json"


class HealthServer:
    """Tell probes and scrapers how the process is."""

    def __init__(self, report: Callable[[], HealthReport], metrics: Metrics) -> None:
        self._report = report
        self._metrics = metrics
        self._server: asyncio.Server | None = None

    async def bind(self, host: str, port: int) -> int:
        """Listen and return the port, which the machine picks when 0 is given."""
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=MAX_HEAD_BYTES)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError("AGENT_HEALTH_PORT", host, port) from None
            raise
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._response(head))
                await writer.drain()
        except asyncio.LimitOverrunError:
            writer.write(_encode(("431 Request Header Fields Too Large", "text/plain", b"")))
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _response(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in (b"GET", b"HEAD"):
            return _encode(("405 Method Not Allowed", "text/plain", b"GET or HEAD\n"))
        encoded = _encode(self._answer(path))
        return encoded.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == b"HEAD" else encoded

    def _answer(self, path: bytes) -> Response:
        if path == b"/livez":
            return ("200 OK", "text/plain", b"alive\n")
        if path == b"/readyz":
            report = self._report()
            status = "200 OK" if report.phase.is_serving else "503 Service Unavailable"
            return (status, JSON, report.model_dump_json().encode() + b"\n")
        if path == b"/metrics":
            text, kind = self._metrics.exposition()
            return ("200 OK", kind, text)
        return ("404 Not Found", "text/plain", b"/livez, /readyz or /metrics\n")


def _encode(response: Response) -> bytes:
    status, kind, body = response
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
