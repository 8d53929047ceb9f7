"""Processes that are forked from a running host: what they are given, and what they are not."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from fleet.clusters.local.cell import Cell
from fleet.clusters.local.child import Child
from fleet.clusters.local.fork import ProcessSpec
from fleet.clusters.local.plan import LaunchSpec
from fleet.clusters.local.prefork import preload
from fleet.clusters.local.status_file import is_locked, try_lock

PATIENCE = 30.0


def make_spec(folder: Path, name: str = "twin") -> ProcessSpec:
    """Write what a process is told; only its log matters here."""
    environ = {"GREETING": "hello"}
    return ProcessSpec(name, ("first", "second"), environ, str(folder / f"{name}.log"))


def launch(spec: ProcessSpec, entry: Callable[[], int]) -> tuple[Child, asyncio.Event]:
    """Fork a process with the streams that it has outside of pytest; tell when it has ended."""

    def with_own_streams(control: int) -> int:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        return entry()

    ended = asyncio.Event()
    agent = LaunchSpec(spec.name, "none", "cell", {}, spec.log, ())
    child = Child(agent, Cell(spec, with_own_streams))
    child.launch(lambda _: ended.set())
    return child, ended


async def run(spec: ProcessSpec, entry: Callable[[], int]) -> tuple[int | None, str]:
    """Fork a process, wait for its end, and give its exit code and log."""
    child, ended = launch(spec, entry)
    async with asyncio.timeout(PATIENCE):
        await ended.wait()
    return child.exit_code, Path(spec.log).read_text()


def tell_itself() -> int:
    """Print what a process sees of itself."""
    handlers = {number.name: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    sees = {
        "environ": dict(os.environ),
        "argv": sys.argv,
        "stdin": sys.stdin.read() if sys.stdin.fileno() == 0 else None,
        "descriptors": [name for name in os.listdir("/proc/self/fd") if int(name) > 2],
        "leads": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
        "default": [handler is signal.SIG_DFL for handler in handlers.values()],
        "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "wakeup": signal.set_wakeup_fd(-1),
        "comm": Path("/proc/self/comm").read_text(),
        "cmdline": Path("/proc/self/cmdline").read_text().rstrip("\0").split("\0"),
    }
    print(json.dumps(sees))
    return 0


@pytest.fixture
def host_handler() -> Iterator[list[int]]:
    """Handle SIGTERM in this process as the host does; give the signals that came."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    yield heard
    signal.signal(signal.SIGTERM, before)


async def test_a_forked_process_is_as_if_started_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the host is left: not its variables, descriptors, arguments nor handlers."""
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    monkeypatch.setattr(sys, "stdin", sys.__stdin__)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, print)
    spec = make_spec(tmp_path)

    code, log = await run(spec, tell_itself)

    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert code == 0, log
    sees = json.loads(log)
    assert len(sees.pop("descriptors")) == 2, "its host's, the one that lists them, and no other"
    assert sees == {
        "environ": spec.environ,
        "argv": ["twin"],
        "stdin": "",
        "leads": [True, True],
        "default": [True, True],
        "blocked": 0,
        "wakeup": -1,
        "comm": "twin\n",
        "cmdline": ["twin", "first", "second"],
    }


async def test_logs_are_kept_apart(tmp_path: Path) -> None:
    """What one process writes, to whichever stream, is in its own log, in its order."""

    def talk() -> int:
        print("out of", sys.argv[0], flush=True)
        print("error of", sys.argv[0], file=sys.stderr)
        return 0

    specs = [make_spec(tmp_path, name) for name in ("nlu", "twin")]

    ends = await asyncio.gather(*(run(spec, talk) for spec in specs))

    assert [log for _, log in ends] == [f"out of {s.name}\nerror of {s.name}\n" for s in specs]


async def test_a_forked_process_has_a_loop_of_its_own(tmp_path: Path) -> None:
    """An event loop runs in the child while the host's goes on."""

    async def work() -> int:
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert (await run(make_spec(tmp_path), lambda: asyncio.run(work())))[0] == 1


def refuse() -> int:
    """Leave as a program that does not like its arguments."""
    raise SystemExit("the moon is full")


def fail() -> int:
    """Leave as a program with a fault."""
    raise RuntimeError("no room for the index")


def kill_itself() -> int:
    """Leave as a program that the kernel has no memory for."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.parametrize(
    ("entry", "code", "text"),
    [
        (lambda: 75, 75, ""),
        (lambda: sys.exit(3), 3, ""),
        (lambda: sys.exit(), 0, ""),
        (refuse, 1, "the moon is full"),
        (fail, 1, "RuntimeError: no room for the index"),
        (kill_itself, -signal.SIGKILL, ""),
    ],
)
async def test_ends_are_told_as_they_are(
    tmp_path: Path, entry: Callable[[], int], code: int, text: str
) -> None:
    """Exit codes, signals and tracebacks are those of a program that was started alone."""
    ended, log = await run(make_spec(tmp_path), entry)

    assert ended == code
    assert text in log


async def test_a_signal_to_a_newborn_does_not_reach_the_host(
    tmp_path: Path, host_handler: list[int]
) -> None:
    """Before the child has handlers of its own, a signal ends it, and the host goes on."""
    child, ended = launch(make_spec(tmp_path), signal.pause)  # type: ignore[arg-type]  # never returns

    os.kill(child.pid, signal.SIGTERM)

    async with asyncio.timeout(PATIENCE):
        await ended.wait()
    assert child.exit_code == -signal.SIGTERM
    assert host_handler == []


async def test_the_lock_is_the_hosts_alone(tmp_path: Path) -> None:
    """When the host is gone its lock is free, though agents still run."""
    lock = try_lock(tmp_path)
    assert lock is not None
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDWR | os.O_NONBLOCK)
    runs = asyncio.Event()
    asyncio.get_running_loop().add_reader(fifo, runs.set)

    def say_and_wait() -> int:
        (tmp_path / "fifo").write_text("here")
        signal.pause()
        return 0

    child, ended = launch(make_spec(tmp_path), say_and_wait)
    async with asyncio.timeout(PATIENCE):
        await runs.wait()
        asyncio.get_running_loop().remove_reader(fifo)
        os.close(lock)

        assert not is_locked(tmp_path)

        os.kill(child.pid, signal.SIGKILL)
        await ended.wait()
    os.close(fifo)


async def test_no_room_for_a_process_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the machine cannot fork now, the host goes on and will try again."""

    def full() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)

    child, ended = launch(make_spec(tmp_path), fail)
    async with asyncio.timeout(PATIENCE):
        await ended.wait()

    assert (child.phase, child.exit_code, child.crashes) == ("stopped", 1, 1)
    assert "twin: must be forked, was not: [Errno 11]" in capsys.readouterr().err


@pytest.fixture
def thawed() -> Iterator[None]:
    """Let the collector see again what a host would have frozen."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_one_bad_module_does_not_hurt_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules that fail to import, in whatever way, are named; the rest is imported."""
    (tmp_path / "raises_now.py").write_text("raise RuntimeError('no GPU')\n")
    (tmp_path / "exits_now.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "not_python.py").write_text("def\n")
    (tmp_path / "is_fine.py").write_text("answer = 42\n")
    monkeypatch.syspath_prepend(tmp_path)

    failures = preload(["raises_now", "exits_now", "not_python", "missing_now", "is_fine"])

    assert sorted(failures) == ["exits_now", "missing_now", "not_python", "raises_now"]
    assert failures["raises_now"] == "RuntimeError: no GPU"
    assert sys.modules.pop("is_fine").answer == 42


class Deferred(BaseModel):
    """A model that is built on its first use."""

    model_config = ConfigDict(defer_build=True)
    name: str


class Unbuildable(BaseModel):
    """A model that nothing can build."""

    model_config = ConfigDict(defer_build=True)
    waiting: asyncio.Event


@pytest.mark.usefixtures("thawed")
def test_models_are_built_before_the_fork() -> None:
    """The host builds what waits for its first use, and lives with what cannot be built."""
    preload(())

    assert Deferred.__pydantic_complete__
    assert not Unbuildable.__pydantic_complete__
    assert gc.get_freeze_count() > 0
