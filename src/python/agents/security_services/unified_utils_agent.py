"""
UnifiedUtilsAgent: housekeeping in folders that an operator gave it, and in its own.

No folder that is not configured is ever touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import Field

from common.agent import Agent, action
from common.configuration import Configuration
from common.messages import ActionError, ErrorCode, Reply, Request
from common.old_files import CleanUp, clean_up

DAY: Final = 86_400.0


class Kind(StrEnum):
    """Name what a folder holds."""

    TEMP = "temp"
    LOGS = "logs"
    CACHE = "cache"
    BROWSER_CACHE = "browser_cache"


class UnifiedUtilsConfiguration(Configuration):
    """Which folders to keep clean, besides those of the same names in the agent's own folder."""

    temp_folders: tuple[Path, ...] = ()
    log_folders: tuple[Path, ...] = ()
    cache_folders: tuple[Path, ...] = ()
    browser_cache_folders: tuple[Path, ...] = ()


class CleanUpRequest(Request):
    """Ask one of the `cleanup_` actions; a dry run only counts."""

    older_than_seconds: float = Field(default=DAY, ge=0.0, le=3_650 * DAY)
    dry_run: bool = False


class FolderCleaned(Reply):
    """What happened in the folders of one kind."""

    kind: Kind
    folders: tuple[str, ...]
    files: int
    freed_bytes: int
    kept: int


class CleanUpReport(Reply):
    """Answer the `cleanup_` actions."""

    dry_run: bool
    files: int
    freed_bytes: int
    cleaned: tuple[FolderCleaned, ...]


def counts_as_log(path: Path) -> bool:
    """Tell whether a file is a log that is not written any more, or may be begun anew."""
    return ".log" in path.suffixes


def counts_always(path: Path) -> bool:
    """Count every file: what lies in a cache can be made again."""
    return True


class UnifiedUtilsAgent(Agent):
    """Take old files away, and say how many and how large they were."""

    configuration = UnifiedUtilsConfiguration

    async def start(self) -> None:
        """Make the agent's own folders."""
        chosen = self.configured(UnifiedUtilsConfiguration)
        given: Mapping[Kind, tuple[Path, ...]] = {
            Kind.TEMP: chosen.temp_folders,
            Kind.LOGS: chosen.log_folders,
            Kind.CACHE: chosen.cache_folders,
            Kind.BROWSER_CACHE: chosen.browser_cache_folders,
        }
        for kind, folders in given.items():
            (self.state_directory / kind).mkdir(parents=True, exist_ok=True)
            for folder in folders:
                _expect_harmless(folder)
        self._folders = {
            kind: (self.state_directory / kind, *folders) for kind, folders in given.items()
        }

    async def state_cleared(self) -> None:
        """Make the own folders anew: they went with the state."""
        await self.start()

    @action
    async def cleanup_temp_files(self, request: CleanUpRequest) -> CleanUpReport:
        """Take away old temporary files."""
        return await self._clean(request, Kind.TEMP)

    @action
    async def cleanup_logs(self, request: CleanUpRequest) -> CleanUpReport:
        """Take away old logs; other files in their folders stay."""
        return await self._clean(request, Kind.LOGS)

    @action
    async def cleanup_cache(self, request: CleanUpRequest) -> CleanUpReport:
        """Take away what was not written to a cache for long."""
        return await self._clean(request, Kind.CACHE)

    @action
    async def cleanup_browser_cache(self, request: CleanUpRequest) -> CleanUpReport:
        """Take away what browsers have not written for long."""
        return await self._clean(request, Kind.BROWSER_CACHE)

    @action
    async def cleanup_system(self, request: CleanUpRequest) -> CleanUpReport:
        """Do all of the housekeeping."""
        return await self._clean(request, *Kind)

    async def _clean(self, request: CleanUpRequest, *kinds: Kind) -> CleanUpReport:
        before = self.clock.now() - request.older_than_seconds
        cleaned = [await self._clean_kind(kind, before, request.dry_run) for kind in kinds]
        report = CleanUpReport(
            dry_run=request.dry_run,
            files=sum(each.files for each in cleaned),
            freed_bytes=sum(each.freed_bytes for each in cleaned),
            cleaned=tuple(cleaned),
        )
        told = report.model_dump(include={"dry_run", "files", "freed_bytes"})
        self.log.info("cleaned up", extra=told)
        return report

    async def _clean_kind(self, kind: Kind, before: float, is_dry_run: bool) -> FolderCleaned:
        counts = counts_as_log if kind is Kind.LOGS else counts_always
        found = CleanUp()
        for folder in self._folders[kind]:
            found += await asyncio.to_thread(
                clean_up, folder, before, counts, is_dry_run=is_dry_run
            )
        return FolderCleaned(
            kind=kind,
            folders=tuple(map(str, self._folders[kind])),
            files=found.files,
            freed_bytes=found.freed_bytes,
            kept=found.kept,
        )


def _expect_harmless(folder: Path) -> None:
    """Refuse a folder whose loss would be one of the machine: everything below `/` and `/usr`."""
    resolved = folder.resolve()
    if len(resolved.parts) < 3 or resolved.parts[1] in ("usr", "etc", "bin", "lib", "boot"):
        message = f"expected a folder of temporary files, found {folder}"
        raise ActionError(ErrorCode.INVALID, message)
