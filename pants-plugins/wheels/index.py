"""Package indexes: which files they offer of a distribution (PEP 503 pages and plain folders)."""

from __future__ import annotations

import html
import os
import posixpath
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from download.url import read_url

_LINK = re.compile(r"<a\s(?:[^>]*?\s)?href\s*=\s*[\"']([^\"']+)[\"']", re.I)


@dataclass(frozen=True)
class Candidate:
    """A file that an index offers; `sha256` is what the index says, or empty."""

    filename: str
    url: str
    sha256: str


def links(page: str, base: str) -> Iterator[Candidate]:
    """Read the files that a page links to."""
    for href in _LINK.findall(page):
        url, _, fragment = urllib.parse.urljoin(base, html.unescape(href)).partition("#")
        sha256 = fragment[7:] if fragment.startswith("sha256=") else ""
        # The text of a link may be shortened or marked up; the end of its address is not.
        path = urllib.parse.unquote(urllib.parse.urlsplit(url).path)
        yield Candidate(posixpath.basename(path), url, sha256)


def of_index(index: str, name: str) -> Iterator[Candidate]:
    """List what an index has of a distribution, by its normalized name."""
    base = f"{index.rstrip('/')}/{name}/"
    url = f"{base}index.html" if base.startswith("file:") else base
    page = read_url(url)
    if page is not None:
        yield from links(page.decode("utf-8", "replace"), base)
    elif base.startswith("file:"):
        yield from of_folder(base)


def of_folder(location: str) -> Iterator[Candidate]:
    """List the files of a folder that pip's find-links names, or the links of a page."""
    path = urllib.request.url2pathname(urllib.parse.urlsplit(location).path)
    if location.startswith(("http:", "https:")):
        page = read_url(location)
        yield from links((page or b"").decode("utf-8", "replace"), location)
    elif os.path.isdir(path):
        base = "file://" + urllib.request.pathname2url(path.rstrip("/")) + "/"
        for filename in sorted(os.listdir(path)):
            yield Candidate(filename, base + urllib.parse.quote(filename), "")
