"""Scenario 13: a web page on loopback is fetched, read, and recalled later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from common.contracts.memory import MemoryHits, SearchMemoryRequest
from common.contracts.web import (
    NavigateRequest,
    SendToMemoryRequest,
    SentToMemory,
    WebHits,
    WebPage,
    WebSearchRequest,
)
from common.messages import ActionError, ErrorCode
from fleet.testing.household import household

PAGE = b"<title>Ferries</title><main><p>The last ferry to Aros leaves at 21:40.</p></main>"
WEB, MEMORY = "unified_web_agent", "memory_orchestrator_service"
LOOPBACK = {"UNIFIED_WEB_AGENT__ALLOWED_NETWORKS": "127.0.0.0/8"}


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """Serve the page on loopback while the block runs."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        found = asked.startswith(b"GET /ferries ")
        head = b"200 OK" if found else b"404 Not Found"
        body = PAGE if found else b""
        length = b"Content-Length: %d" % len(body)
        kind = b"Content-Type: text/html"
        lines = (b"HTTP/1.1 " + head, kind, length, b"Connection: close", b"", body)
        writer.write(b"\r\n".join(lines))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ferries"


async def test_a_page_that_was_read_is_recalled_later(tmp_path: Path) -> None:
    """With its server gone and the agents started anew, agent and memory still know it."""
    async with household(tmp_path, WEB, MEMORY, environ=LOOPBACK) as home:
        async with served() as url:
            page = await home.call(WEB, "navigate", NavigateRequest(url=url), WebPage)
        kept = SendToMemoryRequest(page_id=page.page_id)
        sent = await home.call(WEB, "send_to_memory", kept, SentToMemory)
        await home.restart(MEMORY)
        await home.restart(WEB)
        query = "when does the last ferry leave"
        found = await home.call(WEB, "search", WebSearchRequest(query=query), WebHits)
        known = await home.call(
            MEMORY, "search_memory", SearchMemoryRequest(query=query), MemoryHits
        )

    assert page.title == "Ferries"
    assert "21:40" in found.hits[0].text
    assert known.hits[0].memory.memory_id == sent.memory_id
    assert "21:40" in known.hits[0].memory.content


async def test_without_leave_loopback_is_not_asked(tmp_path: Path) -> None:
    """An agent that was not told otherwise reads public addresses only."""
    async with household(tmp_path, WEB) as home, served() as url:
        with pytest.raises(ActionError) as caught:
            await home.call(WEB, "navigate", NavigateRequest(url=url), WebPage)

    assert caught.value.code is ErrorCode.DENIED
