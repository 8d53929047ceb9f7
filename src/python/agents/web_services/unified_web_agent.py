"""
UnifiedWebAgent: fetches and reads web pages, keeps them, and finds in them what is asked later.

Which addresses may be asked is decided by address_guard; no connection is made here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote_plus, urlsplit

from agents.web_services.address_guard import AddressGuard, networks_of
from agents.web_services.page_shelf import (
    MOST_PAGES,
    KeptPage,
    PageShelf,
    best_passages,
    items_about,
    memory_of,
    page_id_of,
)
from agents.web_services.web_configuration import WebConfiguration
from common.agent import Agent, AgentContext, action
from common.contracts import web as w
from common.contracts.memory import MemoryAdded
from common.messages import ActionError, ErrorCode

if TYPE_CHECKING:
    from agents.web_services.web_reading import WebReading

SHOWN_LINKS: Final = 100
READ_OF_ENGINE: Final = 3

R = TypeVar("R")


class UnifiedWebAgent(Agent):
    """Read pages for other agents; remember the last 300 for thirty days."""

    configuration = WebConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self.guard = AddressGuard(networks_of(self._told.allowed_networks))
        self._shelf = PageShelf(self.store, self.clock)
        self._loading = asyncio.Lock()
        self._reading: WebReading | None = None
        self._fetched = self._refused = self._failed = 0

    async def state_cleared(self) -> None:
        """Forget the pages."""
        self._shelf.forget()

    @action
    async def navigate(self, request: w.NavigateRequest) -> w.WebPage:
        """Fetch a page, read it and keep it."""
        page = await self._read(request.url)
        shown = page.model_dump(exclude={"steps", "links"})
        return w.WebPage(links=page.links[:SHOWN_LINKS], **shown)

    @action
    async def search(self, request: w.WebSearchRequest) -> w.WebHits:
        """Search the pages that were read, and ask the engine when one is configured."""
        links, note = await self._engine_links(request.query, request.limit)
        hits = await self._shelf.search(request.query, request.limit)
        return w.WebHits(hits=hits, links=links, note=note)

    @action
    async def browse_with_context(self, request: w.BrowseRequest) -> w.Findings:
        """Fetch a page and return the passages that fit the context."""
        page = await self._read(request.url)
        passages = best_passages(request.context, (page,), request.limit)
        return w.Findings(about=request.context, passages=passages, sources=(page.url,))

    @action
    async def extract_links(self, request: w.ExtractLinksRequest) -> w.Links:
        """Fetch a page and return its links."""
        page = await self._read(request.url)
        site = urlsplit(page.url).netloc
        is_any = not request.same_site_only
        links = [link for link in page.links if is_any or urlsplit(link.url).netloc == site]
        return w.Links(url=page.url, links=tuple(links[: request.limit]))

    @action
    async def research(self, request: w.ResearchRequest) -> w.Findings:
        """Read the pages named and those found, and return what they say about a topic."""
        _, note = await self._read_about(request)
        return await self._findings(request, (), note)

    @action
    async def tutorial(self, request: w.ResearchRequest) -> w.Findings:
        """Do research, and return the steps of numbered lists too."""
        pages, note = await self._read_about(request)
        if not pages:
            hits = await self._shelf.search(request.topic, 1)
            found = [await self._shelf.page(page_id_of(hit.url)) for hit in hits]
            pages = [page for page in found if page]
        steps = [step for page in pages for step in page.steps][:100]
        return await self._findings(request, tuple(steps), note)

    @action
    async def news(self, request: w.NewsRequest) -> w.News:
        """Return the entries of the configured feeds."""
        feeds = self._told.news_feeds
        items: list[w.NewsItem] = []
        notes = [] if feeds else ["no feed is configured"]
        for url in feeds:
            try:
                items += await self._counted((await self._reader()).feed(url))
            except ActionError as error:
                notes.append(f"{url}: {error.message}")
        fitting = items_about(request.topic, items)
        return w.News(items=fitting[: request.limit], note="; ".join(notes))

    @action
    async def send_to_memory(self, request: w.SendToMemoryRequest) -> w.SentToMemory:
        """Make a page that was read into a memory."""
        page = await self._shelf.page(request.page_id)
        if page is None:
            raise ActionError(ErrorCode.NOT_FOUND, "no such page was read", "page_id")
        memory = memory_of(page, request.importance)
        added = await self.peers.call(
            "memory_orchestrator_service", "add_memory", memory, MemoryAdded
        )
        return w.SentToMemory(memory_id=added.memory_id, url=page.url)

    @action
    async def status(self, request: w.WebStatusRequest) -> w.WebStatus:
        """Tell what is kept and how fetching went."""
        return w.WebStatus(
            pages=await self._shelf.count(),
            most_pages=MOST_PAGES,
            fetched=self._fetched,
            refused=self._refused,
            failed=self._failed,
            has_search_engine=bool(self._told.search_url),
            feeds=len(self._told.news_feeds),
        )

    @property
    def _told(self) -> WebConfiguration:
        return self.configured(WebConfiguration)

    async def _reader(self) -> WebReading:
        async with self._loading:
            if self._reading is None:
                self._reading = await asyncio.to_thread(self._new_reading)
            return self._reading

    def _new_reading(self) -> WebReading:
        from agents.web_services.web_reading import WebReading

        told = self._told
        return WebReading(self.guard, self.clock, told.timeout_seconds, told.respect_robots)

    async def _read(self, url: str) -> KeptPage:
        await self._shelf.keep(page := await self._counted((await self._reader()).page(url)))
        return page

    async def _counted(self, fetching: Coroutine[Any, Any, R]) -> R:
        try:
            found = await fetching
        except ActionError as error:
            self._refused += error.code is ErrorCode.DENIED
            self._failed += error.code is not ErrorCode.DENIED
            raise
        self._fetched += 1
        return found

    async def _engine_links(self, query: str, limit: int) -> tuple[tuple[w.Link, ...], str]:
        if not self._told.search_url:
            return (), "no search engine is configured: these are pages that were read before"
        url = self._told.search_url.replace("{query}", quote_plus(query))
        try:
            page = await self._counted((await self._reader()).page(url))
        except ActionError as error:
            return (), f"the search engine did not answer: {error.message}"
        site = urlsplit(page.url).netloc
        others = (link for link in page.links if link.text and urlsplit(link.url).netloc != site)
        return tuple(others)[:limit], ""

    async def _read_about(self, request: w.ResearchRequest) -> tuple[list[KeptPage], str]:
        links, note = await self._engine_links(request.topic, READ_OF_ENGINE)
        pages, notes = [], [note] if note and not request.urls else []
        for url in dict.fromkeys((*request.urls, *(link.url for link in links))):
            try:
                pages.append(await self._read(url))
            except ActionError as error:
                notes.append(f"{url}: {error.message}")
        return pages, "; ".join(notes)

    async def _findings(
        self, request: w.ResearchRequest, steps: tuple[str, ...], note: str
    ) -> w.Findings:
        passages = await self._shelf.search(request.topic, request.limit)
        urls = tuple(dict.fromkeys(passage.url for passage in passages))
        about = request.topic
        return w.Findings(about=about, passages=passages, steps=steps, sources=urls, note=note)
