"""Fork a process out of the running host: what it sheds, what it is given, how it leaves.

The child never returns into the host's code: nothing of the host's event loop may run twice.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from fleet.clusters.local.title import set_arguments, set_name

EXIT_FAILED = 1

Entry = Callable[[int], int]
"""Run with the descriptor that is kept, and give the exit code."""


@dataclass(frozen=True)
class ProcessSpec:
    """A process: what `ps` calls it, what it is told, and where its output goes."""

    name: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    log: str


def fork(spec: ProcessSpec, kept: int, entry: Entry) -> int:
    """Run `entry` in a new process as if it had been started by itself; give its pid."""
    sys.stdout.flush()
    sys.stderr.flush()
    # Until it has handlers of its own, a signal to the child would wake the host instead.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _live(spec, kept, entry, mask)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return pid


def _live(spec: ProcessSpec, kept: int, entry: Entry, mask: set[signal.Signals | int]) -> NoReturn:
    code = EXIT_FAILED
    try:
        _shed_loop()
        _open_log(spec.log)
        _close_inherited(kept)
        _become(spec)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = entry(kept)
    except SystemExit as asked:
        code = exit_code(asked)
    except BaseException:  # as the interpreter does: into the log, and out
        traceback.print_exc()
    finally:
        _leave(code)


def _shed_loop() -> None:
    """Forget the host's event loop and its signal handlers."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio._set_running_loop(None)
    asyncio.set_event_loop_policy(None)


def _open_log(path: str) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _close_inherited(kept: int) -> None:
    """Close the host's lock, leash, pidfds and epoll: whoever holds the lock is the host."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != kept:
            try:
                os.close(int(name))
            except OSError:  # the one that listed the folder is gone already
                continue


def _become(spec: ProcessSpec) -> None:
    os.setsid()
    set_name(spec.name)
    set_arguments(spec.name, *spec.arguments)
    sys.argv = [spec.name]
    os.environ.clear()
    os.environ.update(spec.environ)


def exit_code(asked: SystemExit) -> int:
    """Give the exit code that someone asked for as `sys.exit` takes it: a number, a text, none."""
    if asked.code is None:
        return 0
    if isinstance(asked.code, int):
        return asked.code
    sys.stderr.write(f"{asked.code}\n")
    return EXIT_FAILED


def _leave(code: int) -> NoReturn:
    try:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code & 0xFF)
