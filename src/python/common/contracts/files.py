"""
Messages about files below the root folder of filesystem_assistant_agent.

Only values live here. Paths are relative to the root, with `/` between names; "" is the root.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.messages import Query, Reply, Request

MAX_TEXT = 1_000_000
MAX_FILE = 8_000_000

FilePath = Annotated[str, Field(max_length=1_000)]


class FileKind(StrEnum):
    """Name what a path leads to."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"  # a link, a device: never followed, never opened


class FileEntry(BaseModel):
    """Describe one file or folder; times are unix seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    kind: FileKind
    size: int
    changed_at: float


class PathQuery(Query):
    """Ask `check_exists` or `get_info` about a path."""

    path: FilePath


class FileExists(Reply):
    """Answer `check_exists`."""

    exists: bool
    kind: FileKind | None = None


class FileInfo(Reply):
    """Answer `get_info`, and every action that made or changed a file."""

    entry: FileEntry


class ListDirRequest(Query):
    """Ask `list_dir`."""

    path: FilePath = ""
    limit: int = Field(default=200, ge=1, le=1_000)


class Listing(Reply):
    """Answer `list_dir`, sorted by name; total counts those past the limit, too."""

    entries: tuple[FileEntry, ...]
    total: int


class ReadFileRequest(Query):
    """Ask `read_file`: as text, or as bytes when binary."""

    path: FilePath
    binary: bool = False
    offset: int = Field(default=0, ge=0, le=10**12)
    max_bytes: int = Field(default=MAX_TEXT, ge=1, le=MAX_FILE)


class FileContent(Reply):
    """Answer `read_file`; is_whole is false when the file goes on after what is here."""

    entry: FileEntry
    text: str = ""
    data: Attachment = b""
    is_whole: bool = True


class WriteFileRequest(Request):
    """Ask `write_file`: text, or data when binary. Folders that are missing are made."""

    path: FilePath
    text: str = Field(default="", max_length=MAX_TEXT)
    data: Attachment = b""
    binary: bool = False
    append: bool = False
    overwrite: bool = True


class CreateDirRequest(Request):
    """Ask `create_dir`, with the folders above it; one that exists is left as it is."""

    is_idempotent: ClassVar[bool] = True

    path: FilePath


class TransferRequest(Request):
    """Ask `copy` or `move`."""

    source: FilePath
    target: FilePath
    overwrite: bool = False


class DeleteRequest(Request):
    """Ask `delete`; a folder that is not empty goes only when recursive."""

    path: FilePath
    recursive: bool = False


class Deleted(Reply):
    """Answer `delete`: how many files and folders went."""

    deleted: int
