"""
The keys that sign session tokens: a file that only its owner may read, or one that is given.

Signing may not enter.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
MOST_KEYS: Final = 5
OWNER_ONLY: Final = 0o600


class KeyFileError(Exception):
    """Say what is wrong with a file of keys; never what is in it."""


class KeyRing:
    """Sign with the newest key, know those before it until their tokens have expired."""

    def __init__(self, path: Path, *, is_given: bool) -> None:
        self._path = path
        self.is_given = is_given
        self._keys: list[tuple[str, bytes, float]] = []

    @property
    def newest(self) -> tuple[str, bytes]:
        """Return the id and the key that sign now."""
        return self._keys[-1][0], self._keys[-1][1]

    @property
    def made_at(self) -> float:
        """Return when the newest key was made; 0 for one that was given."""
        return self._keys[-1][2]

    def known(self) -> dict[str, bytes]:
        """Return the keys by their ids."""
        return {key_id: key for key_id, key, _ in self._keys}

    def load(self, now: float) -> None:
        """Read the file; make it when there is none and none was given."""
        if self.is_given:
            self._keys = [("given", _given(self._path), 0.0)]
            return
        if not self._path.exists():
            self.rotate(now, 0.0)
            return
        try:
            rows = json.loads(self._path.read_text("ascii"))
            self._keys = [(str(r["id"]), bytes.fromhex(r["key"]), float(r["at"])) for r in rows]
        except (ValueError, KeyError, TypeError):
            self._keys = []
        if not self._keys or any(len(key) < KEY_BYTES for _, key, _ in self._keys):
            raise KeyFileError(
                f"{self._path}: expected keys, found something else\n\n"
                f"hint: rm {self._path}  # every session ends"
            )

    def rotate(self, now: float, keep_seconds: float) -> str:
        """Sign with a new key from now on; return its id."""
        kept = []
        for position, row in enumerate(self._keys):
            is_last = position == len(self._keys) - 1
            replaced_at = now if is_last else self._keys[position + 1][2]
            if now < replaced_at + keep_seconds:
                kept.append(row)
        key_id = secrets.token_hex(4)
        kept.append((key_id, secrets.token_bytes(KEY_BYTES), now))
        self._keys = kept[-MOST_KEYS:]
        self._write()
        return key_id

    def _write(self) -> None:
        rows = [{"id": key_id, "key": key.hex(), "at": at} for key_id, key, at in self._keys]
        new = self._path.with_suffix(".new")
        new.unlink(missing_ok=True)
        opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write(json.dumps(rows))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


def _given(path: Path) -> bytes:
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise KeyFileError(f"{path}: expected a key, found none: {error.strerror}") from None
    if len(key) < KEY_BYTES:
        raise KeyFileError(f"{path}: expected at least {KEY_BYTES} bytes, found {len(key)}")
    return key
