"""
The pages that were read: kept for thirty days, the oldest making room, searched by passages.

Nothing is fetched here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel, ConfigDict

from common.clock import Clock
from common.contracts.memory import MAX_CONTENT, AddMemoryRequest, Tier
from common.contracts.web import Link, NewsItem, Passage
from common.state import Store
from common.text import TextIndex, stems

PAGES: Final = "pages"
MOST_PAGES: Final = 300
KEPT_SECONDS: Final = 30 * 24 * 3600.0
PASSAGE: Final = 600


class KeptPage(BaseModel):
    """One page as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page_id: str
    url: str
    title: str
    text: str
    links: tuple[Link, ...] = ()
    steps: tuple[str, ...] = ()
    fetched_at: float
    truncated: bool = False


class PageShelf:
    """Keep pages in a store, and find passages in them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loading = asyncio.Lock()
        self._pages: dict[str, KeptPage] | None = None  # None: not loaded yet

    def forget(self) -> None:
        """Read the store again when it is next needed."""
        self._pages = None

    async def keep(self, page: KeptPage) -> None:
        """Keep a page in place of what was read before at its URL."""
        pages = await self._loaded()
        pages.pop(page.page_id, None)
        pages[page.page_id] = page
        expires_at = page.fetched_at + KEPT_SECONDS
        document = page.model_dump(mode="json")
        await self._store.put(PAGES, page.page_id, document, expires_at=expires_at)
        while len(pages) > MOST_PAGES:
            oldest = min(pages.values(), key=lambda each: each.fetched_at)
            del pages[oldest.page_id]
            await self._store.delete(PAGES, oldest.page_id)

    async def page(self, page_id: str) -> KeptPage | None:
        """Return a page that is kept."""
        return (await self._loaded()).get(page_id)

    async def count(self) -> int:
        """Return how many pages are kept."""
        return len(await self._loaded())

    async def search(self, query: str, limit: int) -> tuple[Passage, ...]:
        """Return passages of all pages, best first."""
        pages = tuple((await self._loaded()).values())
        return await asyncio.to_thread(best_passages, query, pages, limit)

    async def _loaded(self) -> dict[str, KeptPage]:
        async with self._loading:
            if self._pages is None:
                found = [KeptPage.model_validate(doc) for _, doc in await self._store.scan(PAGES)]
                found.sort(key=lambda page: page.fetched_at)
                self._pages = {page.page_id: page for page in found}
        now = self._clock.now()
        for page in tuple(self._pages.values()):
            if page.fetched_at + KEPT_SECONDS <= now:
                del self._pages[page.page_id]
        return self._pages


def page_id_of(url: str) -> str:
    """Return the id of the page at a URL."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:32]


def memory_of(page: KeptPage, importance: float) -> AddMemoryRequest:
    """Return the memory that a page becomes."""
    return AddMemoryRequest(
        content=f"{page.title}\n{page.text}"[:MAX_CONTENT],
        memory_type="web_page",
        tier=Tier.MEDIUM,
        importance=importance,
        tags=("web",),
        metadata={"url": page.url, "title": page.title, "fetched_at": page.fetched_at},
    )


def best_passages(query: str, pages: Iterable[KeptPage], limit: int) -> tuple[Passage, ...]:
    """Return the passages that share most with the query, at most three of a page."""
    index, passages = TextIndex(), {}
    for page in pages:
        for number, text in enumerate(passages_of(page.text)):
            key = f"{page.page_id}/{number:04}"
            passages[key] = (page, text)
            index.add(key, f"{page.title}\n{text}")
    found: list[Passage] = []
    taken: dict[str, int] = {}
    for key, score in index.search(query, limit * 10):
        page, text = passages[key]
        taken[page.page_id] = taken.get(page.page_id, 0) + 1
        if taken[page.page_id] <= 3:
            found.append(Passage(url=page.url, title=page.title, text=text, score=score))
    return tuple(found[:limit])


def items_about(topic: str, items: Iterable[NewsItem]) -> tuple[NewsItem, ...]:
    """Return the entries that share a word with a topic, or all when there is none."""
    wanted = set(stems(topic))
    return tuple(
        item for item in items if not wanted or wanted & set(stems(f"{item.title} {item.summary}"))
    )


def passages_of(text: str) -> tuple[str, ...]:
    """Cut a text at its lines into passages of some sentences."""
    passages, open_lines = [], ""
    for line in text.split("\n"):
        pieces = [line[at : at + PASSAGE] for at in range(0, len(line), PASSAGE)]
        for piece in pieces:
            if open_lines and len(open_lines) + len(piece) >= PASSAGE:
                passages.append(open_lines)
                open_lines = ""
            open_lines = f"{open_lines}\n{piece}".strip()
    return (*passages, open_lines) if open_lines else tuple(passages)
