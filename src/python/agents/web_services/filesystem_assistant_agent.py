"""
FileSystemAssistantAgent: reads and changes files below one folder for other agents.

How a path is kept below that folder is the business of jail; no path is opened here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from pydantic import Field

from agents.web_services.jail import Parts, parts_of, told
from agents.web_services.jailed_files import JailedFiles
from common.agent import Agent, AgentContext, action
from common.configuration import Configuration
from common.contracts.files import (
    CreateDirRequest,
    Deleted,
    DeleteRequest,
    FileContent,
    FileExists,
    FileInfo,
    ListDirRequest,
    Listing,
    PathQuery,
    ReadFileRequest,
    TransferRequest,
    WriteFileRequest,
)
from common.messages import ActionError, ErrorCode

MOST_BYTES: Final = 200_000_000

R = TypeVar("R")


class FilesConfiguration(Configuration):
    """Say which folder is worked in, and how full it may become."""

    root: str = Field(default="", max_length=1_000)  # "": `files` in the state directory
    most_bytes: int = Field(default=MOST_BYTES, ge=1)


class FileSystemAssistantAgent(Agent):
    """Do one thing after another to the files below the root."""

    configuration = FilesConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        told_to = self.configured(FilesConfiguration)
        root = Path(told_to.root) if told_to.root else self.state_directory / "files"
        self._files = JailedFiles(root, told_to.most_bytes)
        self._working = asyncio.Lock()

    async def start(self) -> None:
        """Make the root folder."""
        await asyncio.to_thread(self._files.root.mkdir, parents=True, exist_ok=True)

    async def state_cleared(self) -> None:
        """Leave the files: they belong to those who wrote them."""

    @action
    async def list_dir(self, request: ListDirRequest) -> Listing:
        """List a folder."""
        parts = parts_of(request.path)
        entries, total = await self._do(lambda: self._files.entries(parts, request.limit))
        return Listing(entries=entries, total=total)

    @action
    async def read_file(self, request: ReadFileRequest) -> FileContent:
        """Read a file, or a piece of it."""
        parts = parts_of(request.path)
        entry, data = await self._do(
            lambda: self._files.read(parts, request.offset, request.max_bytes)
        )
        is_whole = request.offset + len(data) >= entry.size
        if request.binary:
            return FileContent(entry=entry, data=data, is_whole=is_whole)
        return FileContent(entry=entry, text=_text_of(data, is_whole), is_whole=is_whole)

    @action
    async def write_file(self, request: WriteFileRequest) -> FileInfo:
        """Write a file whole, or add to its end."""
        parts = _named(request.path)
        data = request.data if request.binary else request.text.encode("utf-8", "replace")
        if request.append:
            return FileInfo(entry=await self._do(lambda: self._files.append(parts, data)))
        overwrite = request.overwrite
        return FileInfo(
            entry=await self._do(lambda: self._files.write(parts, data, overwrite=overwrite))
        )

    @action
    async def create_dir(self, request: CreateDirRequest) -> FileInfo:
        """Make a folder."""
        parts = _named(request.path)
        return FileInfo(entry=await self._do(lambda: self._files.make_folder(parts)))

    @action
    async def copy(self, request: TransferRequest) -> FileInfo:
        """Copy a file or a folder."""
        source, target = _named(request.source, "source"), _named(request.target, "target")
        return FileInfo(
            entry=await self._do(
                lambda: self._files.copy(source, target, overwrite=request.overwrite), "source"
            )
        )

    @action
    async def move(self, request: TransferRequest) -> FileInfo:
        """Move a file or a folder."""
        source, target = _named(request.source, "source"), _named(request.target, "target")
        return FileInfo(
            entry=await self._do(
                lambda: self._files.move(source, target, overwrite=request.overwrite), "source"
            )
        )

    @action
    async def delete(self, request: DeleteRequest) -> Deleted:
        """Delete a file or a folder, but not the root."""
        parts = _named(request.path)
        recursive = request.recursive
        return Deleted(
            deleted=await self._do(lambda: self._files.delete(parts, recursive=recursive))
        )

    @action
    async def check_exists(self, request: PathQuery) -> FileExists:
        """Tell whether there is something; below a file or a link there is nothing."""
        try:
            entry = await self._do(lambda: self._files.entry(parts_of(request.path)))
        except ActionError as error:
            if error.code in (ErrorCode.NOT_FOUND, ErrorCode.CONFLICT):
                return FileExists(exists=False)
            raise
        return FileExists(exists=True, kind=entry.kind)

    @action
    async def get_info(self, request: PathQuery) -> FileInfo:
        """Describe a file or folder."""
        parts = parts_of(request.path)
        return FileInfo(entry=await self._do(lambda: self._files.entry(parts)))

    async def _do(self, work: Callable[[], R], field: str = "path") -> R:
        def done() -> R:
            with told(field):
                return work()

        async with self._working:
            return await asyncio.to_thread(done)


def _named(path: str, field: str = "path") -> Parts:
    parts = parts_of(path, field)
    if not parts:
        raise ActionError(ErrorCode.INVALID, "expected a path below the root", field)
    return parts


def _text_of(data: bytes, is_whole: bool) -> str:
    for dropped in range(1 if is_whole else 4):  # a character may be cut at the end
        try:
            return data[: len(data) - dropped].decode()
        except UnicodeDecodeError:
            continue
    raise ActionError(ErrorCode.INVALID, "expected UTF-8 text: read it as binary", "path")
