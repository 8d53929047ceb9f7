"""Tests of housekeeping."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.security_services.unified_utils_agent import (
    UnifiedUtilsAgent,
    UnifiedUtilsConfiguration,
)
from common.messages import ActionError
from common.testing import AgentHarness, FakeClock

DAY = 86_400.0


def write(path: Path, age: float, clock: FakeClock) -> Path:
    """Make a file of ten bytes that was written so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"0123456789")
    os.utime(path, (clock.now() - age,) * 2)
    return path


async def test_old_temporary_files_go_and_young_ones_stay() -> None:
    """The report says how much was freed."""
    async with AgentHarness(UnifiedUtilsAgent) as agent:
        old = write(agent.state_directory / "temp" / "deep" / "a.tmp", 2 * DAY, agent.clock)
        young = write(agent.state_directory / "temp" / "b.tmp", 60, agent.clock)
        report = await agent.call("cleanup_temp_files")

        assert (report.files, report.freed_bytes, report.cleaned[0].kept) == (1, 10, 1)
        assert not old.exists() and young.exists()


async def test_a_dry_run_counts_and_takes_nothing() -> None:
    """It says what the same call without it would do."""
    async with AgentHarness(UnifiedUtilsAgent) as agent:
        old = write(agent.state_directory / "cache" / "x", 2 * DAY, agent.clock)
        counted = await agent.call("cleanup_cache", dry_run=True)
        assert old.exists()
        done = await agent.call("cleanup_cache")

    assert (counted.files, done.files) == (1, 1)


async def test_of_a_folder_of_logs_only_logs_go() -> None:
    """A database beside the logs is left alone."""
    async with AgentHarness(UnifiedUtilsAgent) as agent:
        folder = agent.state_directory / "logs"
        for name in ("a.log", "a.log.1", "state.db"):
            write(folder / name, 2 * DAY, agent.clock)
        report = await agent.call("cleanup_logs")

        assert report.files == 2
        assert [path.name for path in folder.iterdir()] == ["state.db"]


async def test_configured_folders_are_cleaned_and_links_are_not_followed(tmp_path: Path) -> None:
    """What a link leads to is somebody else's."""
    clock = FakeClock()
    outside = write(tmp_path / "outside" / "x", 2 * DAY, clock)
    inside = write(tmp_path / "browser" / "y", 2 * DAY, clock)
    (tmp_path / "browser" / "link").symlink_to(tmp_path / "outside")
    chosen = UnifiedUtilsConfiguration(browser_cache_folders=(tmp_path / "browser",))
    async with AgentHarness(UnifiedUtilsAgent, clock=clock, configuration=chosen) as agent:
        report = await agent.call("cleanup_system")

    assert [each.files for each in report.cleaned] == [0, 0, 0, 1]
    assert outside.exists() and not inside.exists()


@pytest.mark.parametrize("folder", ["/", "/usr/lib", "/etc/x", "/home"])
async def test_a_folder_of_the_machine_is_refused(folder: str) -> None:
    """A mistake in the configuration is said at the start."""
    chosen = UnifiedUtilsConfiguration(temp_folders=(Path(folder),))
    with pytest.raises(ActionError, match="expected a folder of temporary files"):
        async with AgentHarness(UnifiedUtilsAgent, configuration=chosen):
            raise AssertionError("it started")
