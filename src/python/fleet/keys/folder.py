"""One folder of keys on disk: read, and written so that no reader sees half a file.

`agent.key.next` is a pair that is trusted already and not used yet, `agent.key.old` a public key
that is trusted and not used any more; both are there only while keys are rotated.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from common.security.documents import KEY_FILE, TRUST_FILE, KeyDocument, TrustDocument
from common.security.keys import CurveKey, KeyPair
from fleet.errors import FleetError

NEXT_FILE = f"{KEY_FILE}.next"
OLD_FILE = f"{KEY_FILE}.old"
PRIVATE_FOLDER = 0o700


@dataclass(frozen=True)
class Modes:
    """Who may read what is in an agent's folder; all of them lie in a folder of mode 0700."""

    folder: int = PRIVATE_FOLDER
    file: int = 0o600


PRIVATE = Modes()


@dataclass(frozen=True)
class KeysFolder:
    """The keys of one agent, or of the operator."""

    path: Path
    modes: Modes = PRIVATE

    @property
    def pair(self) -> KeyPair | None:
        """Give the pair that is used now."""
        return self._read(KEY_FILE)

    @property
    def next_pair(self) -> KeyPair | None:
        """Give the pair that will be used."""
        return self._read(NEXT_FILE)

    @property
    def public_keys(self) -> tuple[str, ...]:
        """Give the public keys to trust: that of now, the next, the old."""
        pairs = [pair.public for pair in (self.pair, self.next_pair) if pair is not None]
        return tuple(dict.fromkeys((*pairs, *self._old())))

    @property
    def is_rotating(self) -> bool:
        """Whether a rotation has begun and not ended."""
        return (self.path / NEXT_FILE).exists() or (self.path / OLD_FILE).exists()

    def make(self) -> bool:
        """Make the folder and its pair where there is none; say whether there was none."""
        make_folder(self.path, self.modes.folder)
        pair = self.pair
        self._write_pair(KEY_FILE, pair or KeyPair.generate(), self.modes.file)
        return pair is None

    def make_next(self) -> None:
        """Make the pair that will be used, unless there is one."""
        if self.next_pair is None:
            self._write_pair(NEXT_FILE, KeyPair.generate(), 0o600)

    def use_next(self) -> None:
        """Use the next pair, and remember the old public key; without a next one, nothing."""
        pair = self.pair
        if self.next_pair is not None and pair is not None:
            write(self.path / OLD_FILE, _text(pair.public), 0o600)
            os.chmod(self.path / NEXT_FILE, self.modes.file)
            os.replace(self.path / NEXT_FILE, self.path / KEY_FILE)
            _sync(self.path)

    def forget_old(self) -> None:
        """Forget the old public key."""
        (self.path / OLD_FILE).unlink(missing_ok=True)

    def write_trust(self, trust: TrustDocument) -> None:
        """Write whom the agent trusts."""
        write(self.path / TRUST_FILE, trust.model_dump_json(indent=2) + "\n", self.modes.file)

    def _write_pair(self, name: str, pair: KeyPair, mode: int) -> None:
        document = KeyDocument(public=pair.public, secret=pair.secret)
        write(self.path / name, document.model_dump_json(indent=2) + "\n", mode)

    def _read(self, name: str) -> KeyPair | None:
        file = self.path / name
        try:
            pair = KeyDocument.model_validate_json(file.read_bytes()).pair
        except FileNotFoundError:
            return None
        except ValidationError:
            raise _wrong(file, "a public and a secret key") from None
        if not pair.is_sound:
            raise _wrong(file, "a secret that belongs to the public key")
        return pair

    def _old(self) -> tuple[str, ...]:
        file = self.path / OLD_FILE
        try:
            return (TypeAdapter(CurveKey).validate_json(file.read_bytes()),)
        except FileNotFoundError:
            return ()
        except ValidationError:
            raise _wrong(file, "a public key") from None


def make_folder(path: Path, mode: int) -> None:
    """Make a folder with exactly this mode, or give it to one that there is."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    path.chmod(mode)


def write(path: Path, text: str, mode: int) -> None:
    """Write a file at once, on disk when this returns; leave it alone when it says that."""
    if _says(path, text):
        path.chmod(mode)
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with open(os.open(beside, flags, 0o600), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    _sync(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others who would change the keys waiting."""
    make_folder(folder, PRIVATE_FOLDER)
    descriptor = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _says(path: Path, text: str) -> bool:
    try:
        return not path.is_symlink() and path.read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text(public: str) -> str:
    return json.dumps(public) + "\n"


def _wrong(file: Path, expected: str) -> FleetError:
    return FleetError(f"{file}: must be {expected}, was something else", f"rm {file}")
