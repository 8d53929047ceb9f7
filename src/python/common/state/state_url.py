"""What a state URL may say, and what of it may be shown. No engine may enter."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from common.state.store import StateUrlError

EXPECTED = (
    "sqlite:///path/to/file.db, redis://host:port/0, postgresql://user@host/database or memory:"
)
MEMORY, SQLITE, REDIS, POSTGRES = "memory", "sqlite", "redis", "postgresql"

_ENGINES = {
    "memory": MEMORY,
    "sqlite": SQLITE,
    "redis": REDIS,
    "rediss": REDIS,
    "redis+unix": REDIS,
    "postgres": POSTGRES,
    "postgresql": POSTGRES,
}
_QUERIES = {
    "rediss": {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"},
    "redis+unix": {"db"},
    POSTGRES: {"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile"},
}
_NETLOC = re.compile(r"(\[[0-9A-Fa-f:.]*\]|[\w.-]*)(:\d*)?")


class StateUrl(NamedTuple):
    """A state URL that names an engine we have: the text, and the part anybody may read."""

    engine: str
    text: str
    shown: str
    path: str


def read_state_url(text: str) -> StateUrl:
    """Read a state URL, or raise StateUrlError without showing a password."""
    if text in ("memory:", "memory://"):
        return StateUrl(MEMORY, text, text, "")
    try:
        parts = urlsplit(text)
        engine = _ENGINES.get(parts.scheme, "")
        is_good = engine in _LAWS and _LAWS[engine](parts) and _asks_what_we_know(engine, parts)
    except ValueError:  # a port that is no number, a bracket that is not closed
        is_good = False
    if not is_good:
        raise StateUrlError(f"expected {EXPECTED}, found {without_secrets(text)!r}")
    return StateUrl(engine, text, _shown(parts), unquote(parts.path))


def sqlite_path(url: str) -> Path | None:
    """Return the database file a URL names, or None when it names another engine."""
    found = read_state_url(url)
    return Path("/" + found.path.lstrip("/")) if found.engine == SQLITE else None


def without_secrets(text: str) -> str:
    """Return a text that may be a broken URL without what may be a password in it."""
    scheme, separator, rest = text.rpartition("@")[2], "", ""
    if "://" in text:
        scheme, separator, rest = text.partition("://")
    netloc, slash, path = rest.rpartition("@")[2].partition("?")[0].partition("/")
    shown_netloc = netloc if _NETLOC.fullmatch(netloc) else "***"
    return f"{scheme.partition('?')[0]}{separator}{shown_netloc}{slash}{path}"


def _shown(parts: SplitResult) -> str:
    where = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{where}{parts.path}"


def _asks_what_we_know(engine: str, parts: SplitResult) -> bool:
    known = _QUERIES.get(parts.scheme, _QUERIES.get(engine, set()))
    asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    return not parts.fragment and asked.keys() <= known


def _is_sqlite(parts: SplitResult) -> bool:
    return not parts.netloc and len(parts.path) > 1


def _is_redis(parts: SplitResult) -> bool:
    if parts.scheme == "redis+unix":
        database = parse_qs(parts.query).get("db", ["0"])[0]
        return not parts.hostname and len(parts.path) > 1 and database.isdecimal()
    has_port = parts.port is None or parts.port > 0
    return (
        bool(parts.hostname) and has_port and re.fullmatch(r"(/\d{0,4})?", parts.path) is not None
    )


def _is_postgres(parts: SplitResult) -> bool:
    has_host = bool(parts.hostname) or "host" in parse_qs(parts.query)
    has_port = parts.port is None or parts.port > 0
    return has_host and has_port and re.fullmatch(r"/[^/]+", parts.path) is not None


_LAWS = {SQLITE: _is_sqlite, REDIS: _is_redis, POSTGRES: _is_postgres}
