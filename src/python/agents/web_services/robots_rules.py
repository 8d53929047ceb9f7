"""What sites ask robots to leave alone. Nothing else of a site may enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from common.messages import ActionError, ErrorCode

if TYPE_CHECKING:
    from agents.web_services.page_fetcher import Fetched

MOST_SITES: Final = 200


class RobotsRules:
    """Ask each site once for its robots.txt; a site without one allows everything."""

    def __init__(self, fetch: Callable[[str], Awaitable[Fetched]], agent: str) -> None:
        self._fetch = fetch
        self._agent = agent
        self._sites: dict[str, RobotFileParser] = {}

    async def expect_allowed(self, url: str) -> None:
        """Raise DENIED for a page that the site asks robots not to read."""
        try:
            place = urljoin(url, "/robots.txt")
        except ValueError as error:  # such as a bracket that is no address
            raise ActionError(ErrorCode.INVALID, f"expected a URL, found {error}", "url") from None
        if place not in self._sites:
            while len(self._sites) >= MOST_SITES:
                del self._sites[next(iter(self._sites))]
            self._sites[place] = await self._rules(place)
        if not self._sites[place].can_fetch(self._agent, url):
            raise ActionError(ErrorCode.DENIED, "the site asks robots not to read this", "url")

    async def _rules(self, place: str) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            text = (await self._fetch(place)).body.decode("utf-8", "replace")
        except ActionError as error:
            if error.code is ErrorCode.DENIED:
                raise
            text = ""
        rules.parse(text.splitlines())
        return rules
