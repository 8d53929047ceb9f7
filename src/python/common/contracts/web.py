"""
Messages about web pages: what unified_web_agent fetched, read and kept.

Only values live here; which addresses may be asked is the business of the agent.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request

Url = Annotated[
    str, Field(min_length=1, max_length=2_000, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$")
]
Words = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
Hits = Annotated[int, Field(ge=1, le=50)]


class Link(BaseModel):
    """A link of a page; url is absolute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    text: str = ""


class Passage(BaseModel):
    """A piece of a page that fits what was asked; scores compare within one reply only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    title: str
    text: str
    score: float = 0.0


class NavigateRequest(Request):
    """Ask unified_web_agent `navigate`: fetch a page, read it and keep it."""

    url: Url


class WebPage(Reply):
    """Answer `navigate`: the readable text of a page; url is where redirects ended."""

    page_id: str
    url: str
    title: str
    text: str
    links: tuple[Link, ...] = ()
    fetched_at: float
    truncated: bool = False


class WebSearchRequest(Request):
    """Ask `search`: among the pages that were read before, and with the configured engine."""

    query: Words
    limit: Hits = 10


class WebHits(Reply):
    """Answer `search`: passages of pages that were read, then links that an engine found."""

    hits: tuple[Passage, ...]
    links: tuple[Link, ...] = ()
    note: str = ""  # says why an engine was not asked, or did not answer


class BrowseRequest(Request):
    """Ask `browse_with_context`: fetch a page and pick what matters for the context."""

    url: Url
    context: str = Field(min_length=1, max_length=2_000, pattern=r"\S")
    limit: Hits = 5


class Findings(Reply):
    """Answer `browse_with_context`, `research` and `tutorial`: passages, best first."""

    about: str
    passages: tuple[Passage, ...]
    steps: tuple[str, ...] = ()  # what numbered lists said, for a tutorial
    sources: tuple[str, ...] = ()
    note: str = ""  # says which pages could not be read


class ExtractLinksRequest(Request):
    """Ask `extract_links` of a page, in its order."""

    url: Url
    same_site_only: bool = False
    limit: int = Field(default=100, ge=1, le=500)


class Links(Reply):
    """Answer `extract_links`."""

    url: str
    links: tuple[Link, ...]


class ResearchRequest(Request):
    """Ask `research` or `tutorial`: read these pages, and what is known and found already."""

    topic: Words
    urls: tuple[Url, ...] = Field(default=(), max_length=5)
    limit: Hits = 10


class NewsRequest(Request):
    """Ask `news`: entries of the configured feeds; with a topic, those that fit it."""

    topic: str = Field(default="", max_length=500)
    limit: Hits = 10


class NewsItem(BaseModel):
    """One entry of a feed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    url: str
    summary: str = ""
    published: str = ""


class News(Reply):
    """Answer `news`, in the order of the feeds."""

    items: tuple[NewsItem, ...]
    note: str = ""


class SendToMemoryRequest(Request):
    """Ask `send_to_memory`: keep a page that was read as a memory."""

    page_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    importance: float = Field(default=0.5, ge=0.0, le=1.0)


class SentToMemory(Reply):
    """Answer `send_to_memory`."""

    memory_id: str
    url: str


class WebStatusRequest(Query):
    """Ask `status`."""


class WebStatus(Reply):
    """Answer `status`."""

    pages: int
    most_pages: int
    fetched: int  # since the agent started
    refused: int  # addresses that may not be asked
    failed: int
    has_search_engine: bool
    feeds: int
