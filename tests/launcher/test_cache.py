"""The cache folder: entries are whole or absent, whoever else is at work."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.cache import TEMPORARY, Cache, Entry
from launcher.narration import RecordedNarration

ENTRY = Entry("thing", "0123456789abcdef0123456789", "Make a thing")
# Announces that it is half-way, then goes on when it is told to.
BUILDER = """
import sys
from pathlib import Path
from launcher.cache import Cache, Entry
from launcher.narration import StderrNarration

def build(target):
    (target / "first").write_text("1")
    print("half-way", flush=True)
    sys.stdin.readline()
    (target / "second").write_text("2")

cache = Cache(Path(sys.argv[1]), StderrNarration())
print(cache.obtain(Entry("thing", "0123456789abcdef0123456789", "Make a thing"), build))
"""


@pytest.fixture
def narration() -> RecordedNarration:
    """Record what is said."""
    return RecordedNarration()


@pytest.fixture
def cache(tmp_path: Path, narration: RecordedNarration) -> Cache:
    """Make an empty cache."""
    return Cache(tmp_path / "cache", narration)


def write_file(target: Path) -> None:
    """Build the simplest entry."""
    (target / "file").write_text("built")


def must_not_run(target: Path) -> None:
    """Fail when an entry is built that exists."""
    raise AssertionError(f"built again in {target}")


def start_builder(cache: Cache) -> subprocess.Popen[str]:
    """Start another process that builds the entry, and wait until it is half-way."""
    cache.root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", BUILDER, str(cache.root)]
    builder = subprocess.Popen(
        command,
        env={"PYTHONPATH": ":".join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    return builder


def wait_until_half_way(builder: subprocess.Popen[str]) -> None:
    """Wait for the announcement of a builder."""
    assert builder.stdout is not None
    assert builder.stdout.readline() == "half-way\n"


def temporaries(cache: Cache) -> list[Path]:
    """List the unfinished folders."""
    return list(cache.root.glob(f"*{TEMPORARY}*"))


def test_an_entry_is_built_once(cache: Cache) -> None:
    """An entry that exists is returned without building it again."""
    first = cache.obtain(ENTRY, write_file)
    assert cache.obtain(ENTRY, must_not_run) == first
    assert (first / "file").read_text() == "built"


def test_nothing_is_said_about_an_entry_that_exists(
    cache: Cache, narration: RecordedNarration
) -> None:
    """Only building is worth a line."""
    cache.obtain(ENTRY, write_file)
    assert [line.split(":")[0] for line in narration.lines] == [
        "Make a thing ...",
        "Make a thing",
    ]
    narration.lines.clear()
    cache.obtain(ENTRY, must_not_run)
    assert narration.lines == []


def test_a_failed_build_leaves_nothing(cache: Cache) -> None:
    """A build that raises leaves neither an entry nor a temporary folder."""

    def fail(target: Path) -> None:
        write_file(target)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.obtain(ENTRY, fail)
    assert not (cache.root / ENTRY.folder).exists()
    assert temporaries(cache) == []
    assert (cache.obtain(ENTRY, write_file) / "file").exists()


def test_a_killed_build_is_not_taken_for_complete(cache: Cache) -> None:
    """What a killed process left is swept, and the entry is built anew."""
    builder = start_builder(cache)
    wait_until_half_way(builder)
    builder.send_signal(signal.SIGKILL)
    builder.communicate()
    assert len(temporaries(cache)) == 1
    folder = cache.obtain(ENTRY, write_file)
    assert [one.name for one in folder.iterdir()] == ["file"]
    assert temporaries(cache) == []


def test_two_at_once_build_once(cache: Cache) -> None:
    """The second process says that it waits, then gets what the first one built."""
    first = start_builder(cache)
    wait_until_half_way(first)
    second = start_builder(cache)
    assert second.stderr is not None
    assert "wait for another start" in second.stderr.readline()
    built, _ = first.communicate("go\n")
    waited, _ = second.communicate()
    assert waited == built
    assert "half-way" not in waited
    assert (Path(waited.strip()) / "second").read_text() == "2"


def test_sweeping_spares_a_build_that_runs(cache: Cache) -> None:
    """A general sweep removes left-overs but not the folder of a living builder."""
    builder = start_builder(cache)
    wait_until_half_way(builder)
    (cache.root / f"other-1{TEMPORARY}x").mkdir()
    cache.sweep_all()
    assert [one.name.split("-")[0] for one in temporaries(cache)] == ["thing"]
    builder.communicate("go\n")
    assert builder.returncode == 0
