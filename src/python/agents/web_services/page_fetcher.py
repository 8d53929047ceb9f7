"""
Fetch a page over HTTP in bounds: time, size, redirects, kinds of content.

Every redirect is judged like the first address. Nothing is unpacked: a small answer stays small.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from agents.web_services.address_guard import AddressGuard, Target
from common.messages import ActionError, ErrorCode

MAX_BYTES: Final = 1_000_000
MAX_REDIRECTS: Final = 5
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
READABLE: Final = frozenset(
    {
        "text/html",
        "text/plain",
        "text/xml",
        "application/xhtml+xml",
        "application/xml",
        "application/rss+xml",
        "application/atom+xml",
    }
)
USER_AGENT: Final = "unified-web-agent"


@dataclass(frozen=True)
class Fetched:
    """What a server answered; url is the last one asked."""

    url: str
    kind: str
    charset: str | None
    body: bytes


class PageFetcher:
    """Fetch pages from addresses that a guard lets pass."""

    def __init__(self, guard: AddressGuard, seconds: float) -> None:
        self._guard = guard
        self._seconds = seconds
        # Made once: reading the certificates takes longer than most answers.
        self._tls = ssl.create_default_context()

    async def fetch(self, url: str) -> Fetched:
        """Return the answer to a GET, or raise ActionError."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(url)
        except TimeoutError:
            message = f"no whole answer within {self._seconds:g} s"
            raise ActionError(ErrorCode.TIMEOUT, message, "url") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            message = f"the server did not answer: {type(error).__name__}"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "url") from None

    async def _follow(self, url: str) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            target = await self._guard.target(url)
            found = await self._ask(url, target)
            if isinstance(found, Fetched):
                return found
            if urlsplit(url).scheme == "https" and urlsplit(found).scheme == "http":
                message = "expected a page over https, found a redirect to http"
                raise ActionError(ErrorCode.DENIED, message, "url")
            url = found
        message = f"expected at most {MAX_REDIRECTS} redirects"
        raise ActionError(ErrorCode.UNAVAILABLE, message, "url")

    async def _ask(self, url: str, target: Target) -> Fetched | str:
        headers = {
            "Host": target.authority,
            "User-Agent": USER_AGENT,
            "Accept": ", ".join(sorted(READABLE)),
            "Accept-Encoding": "identity",
        }
        named = {"sni_hostname": target.host}
        client = httpx.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False)
        async with (
            client,
            client.stream("GET", target.pinned_url, headers=headers, extensions=named) as answer,
        ):
            if answer.status_code in REDIRECTS and "location" in answer.headers:
                return urljoin(url, answer.headers["location"])
            _expect_readable(answer)
            body = b""
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MAX_BYTES:
                    message = f"expected at most {MAX_BYTES} bytes"
                    raise ActionError(ErrorCode.UNAVAILABLE, message, "url")
            return Fetched(url, _kind(answer), answer.charset_encoding, body)


def _kind(answer: httpx.Response) -> str:
    kind: str = answer.headers.get("content-type", "text/plain")
    return kind.partition(";")[0].strip().lower()


def _expect_readable(answer: httpx.Response) -> None:
    if answer.status_code in (404, 410):
        raise ActionError(ErrorCode.NOT_FOUND, "the server knows no such page", "url")
    if not 200 <= answer.status_code < 300:
        message = f"the server answered {answer.status_code}"
        raise ActionError(ErrorCode.UNAVAILABLE, message, "url")
    if _kind(answer) not in READABLE:
        message = f"expected text, found {_kind(answer)[:60]!a}"
        raise ActionError(ErrorCode.INVALID, message, "url")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise ActionError(ErrorCode.UNAVAILABLE, "expected content that is not packed", "url")
