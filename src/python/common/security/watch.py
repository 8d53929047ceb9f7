"""See new keys while the agent runs. What to do with them is the caller's."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from common.clock import Clock
from common.security.credentials import Credentials, read_credentials
from common.security.documents import KEY_FILE, TRUST_FILE
from common.security.keys import KeysError

INTERVAL_SECONDS = 1.0

Signature = tuple[tuple[int, int, int, int] | None, ...]


async def watch_credentials(
    folder: Path,
    clock: Clock,
    on_change: Callable[[Credentials], None],
    known: Credentials | None = None,
    log: logging.Logger | None = None,
) -> None:
    """Give the credentials whenever the files say others than those known, for ever.

    Without `known`, those of the first look are. While files are wrong, the last good ones hold.
    """
    log = log or logging.getLogger("common.security")
    seen: Signature = ()
    told = ""
    while True:
        signature = _signature(folder)
        if signature != seen:
            seen = signature
            try:
                found = read_credentials(folder)
            except KeysError as error:
                if str(error) != told:
                    log.error("keys cannot be read, the old ones hold", extra={"error": str(error)})
                told = str(error)
            else:
                told = ""
                if known is not None and found != known:
                    on_change(found)
                known = found
        await clock.sleep(INTERVAL_SECONDS)


def _signature(folder: Path) -> Signature:
    return tuple(_stat(folder / name) for name in (KEY_FILE, TRUST_FILE))


def _stat(file: Path) -> tuple[int, int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
