"""How keys, documents and ranges of keys become what engines keep. No engine may enter."""

import math

from pydantic_core import from_json, to_json

from common.messages import ActionError, ErrorCode
from common.state.store import Document

# What fits, together with a collection, into one entry of an index of PostgreSQL.
KEY_BYTES = 1024


def write_key(text: str) -> bytes:
    """Return a key, a collection or a name as bytes, which sort as the text does."""
    return text.encode()


def write_new_key(text: str) -> bytes:
    """Return the bytes of a key that is about to be kept, unless it is too long."""
    key = text.encode()
    if len(key) > KEY_BYTES:
        expected = f"expected a key of at most {KEY_BYTES} bytes, found {len(key)}"
        raise ActionError(ErrorCode.INVALID, expected)
    return key


def write_document(document: Document) -> bytes:
    """Return the document as JSON."""
    return to_json(document)


def read_document(text: bytes) -> Document:
    """Return the document that was written."""
    document: Document = from_json(text)
    return document


def lease_milliseconds(seconds: float) -> int:
    """Return how long a lease is held, unless that is no time at all."""
    if not seconds > 0 or math.isinf(seconds):
        raise ValueError(f"expected a lease of more than 0 s, found {seconds}")
    return max(1, round(seconds * 1000))


def key_range(prefix: str, start: str, newest_first: bool) -> tuple[str, str | None]:
    """Return the first key of a scan and the first one behind it; None when it has no end."""
    end = prefix_end(prefix)
    if not newest_first:
        return max(prefix, start), end
    if not start:
        return prefix, end
    behind = f"{start}\0"  # no key fits between a key and itself with a NUL
    return prefix, behind if end is None else min(behind, end)


def prefix_end(prefix: str) -> str | None:
    """Return the smallest string after every string with the prefix; None when there is none."""
    for position in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[position]) + 1
        if 0xD800 <= following <= 0xDFFF:
            following = 0xE000
        if following <= 0x10FFFF:
            return prefix[:position] + chr(following)
    return None
