"""Package indexes: which files they offer of a distribution (PEP 503 pages and plain folders)."""

from __future__ import annotations

import base64
import html
import http.client
import os
import posixpath
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LINK = re.compile(r"<a\s(?:[^>]*?\s)?href\s*=\s*[\"']([^\"']+)[\"']", re.I)
_TIMEOUT = 60
_PAUSES = (0.5, 2.0)
_GONE = (403, 404, 410)


@dataclass(frozen=True)
class Candidate:
    """A file that an index offers; `sha256` is what the index says, or empty."""

    filename: str
    url: str
    sha256: str


def read_url(url: str, pause: Callable[[float], None] = time.sleep) -> bytes | None:
    """Return what is at a URL, or None when the server says that there is nothing.

    Raises
    ------
        OSError: when it cannot be reached, after a few tries.
    """
    request = _request(url)
    for wait in (*_PAUSES, None):
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            if error.code in _GONE:
                return None
            problem: Exception = error
        except urllib.error.URLError as error:
            if isinstance(error.reason, (FileNotFoundError, IsADirectoryError)):
                return None
            problem = error
        except (OSError, http.client.HTTPException) as error:
            problem = error
        if wait is not None:
            pause(wait)
    raise OSError(f"{without_secret(url)}: {problem}")


def without_secret(url: str) -> str:
    """Leave out a user and password, for what people and servers may see."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in url else url


def _request(url: str) -> urllib.request.Request:
    """Move a user and password from the URL into the header where they belong."""
    parts = urllib.parse.urlsplit(url)
    if parts.username is None:
        return urllib.request.Request(url)
    request = urllib.request.Request(without_secret(url))
    secret = f"{parts.username}:{parts.password or ''}"
    token = base64.b64encode(urllib.parse.unquote(secret).encode()).decode()
    # Not for the host of a redirect: it is another one, and rejects or learns the password.
    request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


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
