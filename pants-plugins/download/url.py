"""Read a URL with patience, and keep what is secret in it from people and from other servers."""

from __future__ import annotations

import base64
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

_TIMEOUT = 60
_PAUSES = (0.5, 2.0)
_GONE = (403, 404, 410)


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
