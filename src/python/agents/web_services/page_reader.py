"""
Make what a server answered into text that can be read, links and entries of feeds.

Nothing is fetched here. Scripts, styles, menus and forms are left out.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag

from agents.web_services.page_fetcher import Fetched
from common.contracts.web import Link, NewsItem
from common.messages import ActionError, ErrorCode

MAX_TEXT: Final = 50_000
MAX_LINKS: Final = 500
MAX_LABEL: Final = 300
MAX_TAGS: Final = 100_000
LEFT_OUT: Final = (
    "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form",
    "svg", "iframe", "button", "select",
)  # fmt: skip
BLOCKS: Final = (
    "p", "div", "section", "article", "main", "li", "ul", "ol", "table", "tr", "br", "hr", "pre",
    "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "figcaption", "body", "title",
)  # fmt: skip
_TAG: Final = re.compile(rb"<[a-zA-Z]")


@dataclass(frozen=True)
class ReadPage:
    """What a person would see of a page."""

    title: str
    text: str
    links: tuple[Link, ...]
    steps: tuple[str, ...]
    is_cut: bool


def read_page(fetched: Fetched) -> ReadPage:
    """Read HTML or plain text."""
    if "html" not in fetched.kind:
        text = _clean_lines(decoded(fetched))
        title = text.partition("\n")[0][:MAX_LABEL] or fetched.url
        return ReadPage(title, text[:MAX_TEXT], (), (), len(text) > MAX_TEXT)
    soup = _soup(fetched)
    title = _line(soup.title.get_text()) if soup.title else ""
    links = _links(soup, fetched.url)
    for tag in soup.find_all((*LEFT_OUT, "title")):
        tag.decompose()
    body = _main_part(soup)
    steps = tuple(
        _line(item.get_text(" "))[:MAX_LABEL]
        for part in body.find_all("ol")
        for item in part.find_all("li", recursive=False)
    )
    for block in body.find_all(BLOCKS):
        block.insert_before("\n")
        block.insert_after("\n")
    text = _clean_lines(body.get_text())
    title = title or text.partition("\n")[0] or fetched.url
    is_cut = len(text) > MAX_TEXT
    return ReadPage(title[:MAX_LABEL], text[:MAX_TEXT], links, steps[:100], is_cut)


def read_feed(fetched: Fetched) -> tuple[NewsItem, ...]:
    """Read the entries of an RSS or Atom feed."""
    if b"<!DOCTYPE" in fetched.body.upper() or b"<!ENTITY" in fetched.body.upper():
        raise ActionError(ErrorCode.INVALID, "expected a feed without declarations", "url")
    try:
        root = ElementTree.fromstring(fetched.body)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ActionError(ErrorCode.INVALID, f"expected a feed: {error}", "url") from None
    entries = [each for each in root.iter() if _local(each.tag) in ("item", "entry")]
    return tuple(_item(entry, fetched.url) for entry in entries[:100])


def decoded(fetched: Fetched) -> str:
    """Return the text of an answer; what is no character is shown as such."""
    charset = fetched.charset or "utf-8"
    try:
        codecs.lookup(charset)
        return fetched.body.decode(charset, "replace")
    except (LookupError, UnicodeError):
        return fetched.body.decode("utf-8", "replace")


def _soup(fetched: Fetched) -> BeautifulSoup:
    if len(_TAG.findall(fetched.body)) > MAX_TAGS:
        raise ActionError(ErrorCode.INVALID, f"expected at most {MAX_TAGS} tags", "url")
    return BeautifulSoup(decoded(fetched), "html.parser")


def _main_part(soup: BeautifulSoup) -> Tag:
    parts = [part for part in soup.find_all(("article", "main")) if isinstance(part, Tag)]
    largest = max(parts, key=lambda part: len(part.get_text()), default=None)
    whole = soup.body if isinstance(soup.body, Tag) else soup
    if largest is None or len(largest.get_text()) * 4 < len(whole.get_text()):
        return whole
    return largest


def _links(soup: BeautifulSoup, base: str) -> tuple[Link, ...]:
    found: dict[str, str] = {}
    for tag in soup.find_all("a", href=True):
        try:
            url = urljoin(base, str(tag["href"]).strip()).partition("#")[0]
            is_page = urlsplit(url).scheme in ("http", "https")
        except ValueError:
            continue
        if is_page and len(url) <= 2_000 and url.isprintable():
            found.setdefault(url, _line(tag.get_text(" "))[:MAX_LABEL])
        if len(found) >= MAX_LINKS:
            break
    return tuple(Link(url=url, text=text) for url, text in found.items())


def _item(entry: ElementTree.Element, base: str) -> NewsItem:
    told: dict[str, str] = {}
    for child in entry:
        name = _local(child.tag)
        said = child.get("href") if name == "link" and child.get("href") else child.text
        told.setdefault(name, said or "")
    summary = told.get("description") or told.get("summary") or told.get("content") or ""
    plain = BeautifulSoup(summary[:20_000], "html.parser").get_text(" ") if summary else ""
    try:
        url = urljoin(base, told.get("link", "").strip())
    except ValueError:
        url = ""
    return NewsItem(
        title=_line(told.get("title", ""))[:MAX_LABEL],
        url=url[:2_000],
        summary=_line(plain)[:1_000],
        published=_line(told.get("pubDate") or told.get("updated") or "")[:60],
    )


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clean_lines(text: str) -> str:
    lines = (_line(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
