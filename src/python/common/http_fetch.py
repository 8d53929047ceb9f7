"""
A small HTTP client for the health ports of agents: GET only, bounded in time and size.

No redirect, no TLS, no chunked body and no reuse of connections may enter: health ports need none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

MAX_BYTES: Final = 1_000_000
TIMEOUT_SECONDS: Final = 2.0


class FetchError(Exception):
    """Say which URL gave no usable answer, and why."""


@dataclass(frozen=True)
class Response:
    """Hold what a server answered."""

    status: int
    body: str


async def fetch(
    url: str, *, timeout: float = TIMEOUT_SECONDS, max_bytes: int = MAX_BYTES
) -> Response:
    """Return the answer to a GET of an http URL, or raise FetchError."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise FetchError(f"{url}: expected http://host:port/path")
    try:
        async with asyncio.timeout(timeout):
            raw = await _exchange(parts.hostname, parts.port or 80, parts.path or "/", max_bytes)
    except TimeoutError:
        raise FetchError(f"{url}: no answer within {timeout:g} s") from None
    except OSError as error:
        raise FetchError(f"{url}: {error}") from error
    if len(raw) > max_bytes:
        raise FetchError(f"{url}: the answer is larger than {max_bytes} bytes")
    return _parsed(url, raw)


async def _exchange(host: str, port: int, path: str, max_bytes: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        shown = f"[{host}]" if ":" in host else host
        head = f"GET {path} HTTP/1.1\r\nHost: {shown}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        raw = b""
        while len(raw) <= max_bytes and (piece := await reader.read(65_536)):
            raw += piece
        return raw
    finally:
        writer.close()


def _parsed(url: str, raw: bytes) -> Response:
    head, separator, body = raw.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if (
        not separator
        or len(words) < 2
        or not words[0].startswith(b"HTTP/1.")
        or not words[1].isdigit()
    ):
        raise FetchError(f"{url}: the answer is not HTTP")
    return Response(status=int(words[1]), body=body.decode("utf-8", "replace"))
