"""
Fetch a page and read it: the guard, the fetcher, the reader and the robots rules, put together.

The libraries for it are loaded when the first page is wanted. Nothing is kept here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from agents.web_services.address_guard import AddressGuard
from agents.web_services.page_fetcher import USER_AGENT, Fetched, PageFetcher
from agents.web_services.page_reader import read_feed, read_page
from agents.web_services.page_shelf import KeptPage, page_id_of
from agents.web_services.robots_rules import RobotsRules
from common.clock import Clock
from common.contracts.web import NewsItem


@dataclass
class WebReading:
    """Read pages and feeds from addresses that the guard lets pass."""

    guard: AddressGuard
    clock: Clock
    seconds: float
    respects_robots: bool
    fetcher: PageFetcher = field(init=False)
    robots: RobotsRules = field(init=False)

    def __post_init__(self) -> None:
        self.fetcher = PageFetcher(self.guard, self.seconds)
        self.robots = RobotsRules(self.fetcher.fetch, USER_AGENT)

    async def page(self, url: str) -> KeptPage:
        """Fetch and read a page."""
        fetched = await self._fetched(url)
        read = await asyncio.to_thread(read_page, fetched)
        return KeptPage(
            page_id=page_id_of(fetched.url),
            url=fetched.url,
            title=read.title,
            text=read.text,
            links=read.links,
            steps=read.steps,
            fetched_at=self.clock.now(),
            truncated=read.is_cut,
        )

    async def feed(self, url: str) -> tuple[NewsItem, ...]:
        """Fetch and read a feed."""
        fetched = await self._fetched(url)
        return await asyncio.to_thread(read_feed, fetched)

    async def _fetched(self, url: str) -> Fetched:
        if self.respects_robots:
            await self.robots.expect_allowed(url)
        return await self.fetcher.fetch(url)
