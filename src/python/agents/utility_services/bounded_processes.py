"""
Run one program in bounds: time, output, memory, processor, files. No shell may enter.

A small Python program sets the limits on itself and then becomes the wanted program, so that
this never runs for a moment without them.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.utility_services.allowed_programs import FOLDERS

MAX_OUTPUT: Final = 64_000
MAX_MEMORY: Final = 512_000_000
MAX_FILE: Final = 10_000_000
MAX_OPEN_FILES: Final = 64
LAST_WORDS_SECONDS: Final = 1.0
ENVIRONMENT: Final = {"PATH": ":".join(FOLDERS), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
_BECOME: Final = """
import os, resource, sys
for name, limit in zip(("CPU", "AS", "FSIZE", "NOFILE", "CORE"), map(int, sys.argv[1:6])):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (limit, limit))
os.execv(sys.argv[6], sys.argv[6:])
"""


@dataclass(frozen=True)
class Ended:
    """Say how a program ended; a negative exit code is the signal that ended it."""

    exit_code: int
    output: str
    errors: str
    truncated: bool
    timed_out: bool


def program_path(name: str) -> Path | None:
    """Return where a program is, or None when it is not installed."""
    paths = (Path(folder, name) for folder in FOLDERS)
    return next((path for path in paths if os.access(path, os.X_OK)), None)


async def run_bounded(argv: tuple[str, ...], folder: Path, seconds: float) -> Ended:
    """Run a program in a folder; when its time is up, end it and all that it started."""
    limits = (math.ceil(seconds) + 1, MAX_MEMORY, MAX_FILE, MAX_OPEN_FILES, 0)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", _BECOME, *map(str, limits), *argv),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    output, errors = _Taken(process.stdout), _Taken(process.stderr)
    readers = [asyncio.create_task(taken.fill()) for taken in (output, errors)]
    timed_out = False
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        _end_group(process.pid)
        await process.wait()
        await _finished(readers)
    return Ended(
        exit_code=process.returncode or 0,
        output=output.text(),
        errors=errors.text(),
        truncated=output.is_cut or errors.is_cut,
        timed_out=timed_out,
    )


class _Taken:
    """Keep the beginning of what a program says, and let the rest go."""

    def __init__(self, reader: asyncio.StreamReader | None) -> None:
        self._reader = reader
        self._kept = b""
        self.is_cut = False

    async def fill(self) -> None:
        """Read to the end, so that the program is not held up."""
        while self._reader is not None and (piece := await self._reader.read(16_384)):
            room = MAX_OUTPUT - len(self._kept)
            self.is_cut = self.is_cut or len(piece) > room
            self._kept += piece[:room]

    def text(self) -> str:
        """Return what was kept."""
        return self._kept.decode("utf-8", "replace").replace("\x00", "\ufffd")


async def _finished(readers: list[asyncio.Task[None]]) -> None:
    # Whoever left the group may still hold the pipes open.
    _, pending = await asyncio.wait(readers, timeout=LAST_WORDS_SECONDS)
    for reader in pending:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


def _end_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
