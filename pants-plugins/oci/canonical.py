"""The one spelling of JSON whose bytes are hashed. Nothing that is read back may depend on it."""

from __future__ import annotations

import json
from collections.abc import Mapping


def canonical_json(value: Mapping[str, object]) -> bytes:
    """Spell a document so that equal documents are equal bytes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


def readable_json(value: object) -> bytes:
    """Spell a document for people, with sorted keys and a final newline."""
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
