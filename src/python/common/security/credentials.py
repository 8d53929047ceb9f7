"""Read a folder of keys, or say what is wrong with it. Nothing is written here."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from common.security.documents import KEY_FILE, TRUST_FILE, KeyDocument, TrustDocument
from common.security.keys import KeyPair, KeysError

D = TypeVar("D", bound=BaseModel)

MOUNTED_SECRETS = Path("/run/secrets")
"""Where orchestrators mount secrets, with owners and modes of their own choice."""
MAX_BYTES = 4 << 20
MAKE_KEYS = "fleet --model MODEL --state STATE keys"

_SHARED = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
EXPECTED_MODES = {
    _SHARED: "a mode without bits for others",
    _WRITABLE: "a mode in which others cannot write",
}


@dataclass(frozen=True)
class Credentials:
    """One agent's own keys, the keys of those it calls, and of those who may call it."""

    own: KeyPair
    servers: Mapping[str, tuple[str, ...]]
    """Slug -> public keys; the one to try first is first."""
    clients: Mapping[str, str]
    """Public key -> slug."""


def read_credentials(folder: Path, mounted: Path = MOUNTED_SECRETS) -> Credentials:
    """Read `agent.key` and `trust.json`, or raise KeysError."""
    key_file, trust_file = folder / KEY_FILE, folder / TRUST_FILE
    pair = _parse(key_file, _read(key_file, mounted, _SHARED), KeyDocument).pair
    if not pair.is_sound:
        expected, found = "a secret that belongs to the public key", "one of another key"
        raise KeysError(str(key_file), expected, found, f"rm {key_file}; {MAKE_KEYS}")
    trust = _parse(trust_file, _read(trust_file, mounted, _WRITABLE), TrustDocument)
    servers, clients = MappingProxyType(trust.servers), MappingProxyType(trust.clients)
    return Credentials(pair, servers, clients)


def _read(file: Path, mounted: Path, forbidden: int) -> bytes:
    is_mounted = _is_under(file, mounted)
    follow = 0 if is_mounted else os.O_NOFOLLOW
    try:
        # Not to wait for the writer of a named pipe.
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | follow)
    except OSError as error:
        hint = MAKE_KEYS if isinstance(error, FileNotFoundError) else f"ls -l {file}"
        found = (error.strerror or "no file").lower()
        raise KeysError(str(file), "a regular file", found, hint) from None
    try:
        _check(file, os.fstat(descriptor), _WRITABLE if is_mounted else forbidden, is_mounted)
        return os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)


def _is_under(file: Path, mounted: Path) -> bool:
    return file.resolve().is_relative_to(mounted.resolve())


def _check(file: Path, found: os.stat_result, forbidden: int, is_mounted: bool) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeysError(str(file), "a regular file", "something else", f"ls -ld {file}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & forbidden:
        hint = f"chmod {mode & ~forbidden & 0o666:04o} {file}"
        raise KeysError(str(file), EXPECTED_MODES[forbidden], f"{mode:04o}", hint)
    ours = os.geteuid()
    if not is_mounted and found.st_uid != ours:
        owner = f"uid {found.st_uid}"
        raise KeysError(str(file), f"uid {ours} as its owner", owner, f"chown {ours} {file}")


def _parse(file: Path, content: bytes, document: type[D]) -> D:
    try:
        return document.model_validate_json(content)
    except ValidationError as error:
        # Without the input: it may be a secret.
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = "/".join(str(step) for step in first["loc"] if step != "[key]")
        where = f"{file}: {place}" if place else str(file)
        expected = f"{document.__doc__}".partition(": ")[2].partition("\n")[0].rstrip(".")
        found = f"another thing ({first['msg'].removeprefix('Value error, ').lower()})"
        raise KeysError(where, expected, found, f"rm {file}; {MAKE_KEYS}") from None
