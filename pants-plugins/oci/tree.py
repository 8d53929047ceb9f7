"""Trees of entries: what goes into a layer, free of everything that differs between machines.

Only a path, its content, its execute bit and explicit ownership may enter; never a stat time,
a umask, a user name or the order in which a folder was listed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from oci.errors import LayerError

Content = Union[bytes, Path]
DROPPED_METADATA = frozenset({"RECORD", "direct_url.json", "uv_cache.json"})


@dataclass(frozen=True)
class FileEntry:
    """Describe a regular file by its bytes, or by the file that holds them."""

    content: Content
    executable: bool = False

    def read(self) -> bytes:
        """Return the whole content."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


@dataclass(frozen=True)
class SymlinkEntry:
    """Describe a symbolic link."""

    target: str


@dataclass(frozen=True)
class DirectoryEntry:
    """Describe a directory."""

    mode: int = 0o755
    owner: int = 0


Entry = Union[FileEntry, SymlinkEntry, DirectoryEntry]
Tree = dict[str, Entry]


def read_tree(root: Path) -> Tree:
    """Read the files and links below `root`, without what an installer leaves behind."""
    if not root.is_dir():
        raise LayerError(f"{root}: must be a directory, found {_kind(root)}")
    return {
        path: entry for path, entry in _walk(os.fspath(root), "") if not _left_by_installer(path)
    }


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, Entry]]:
    for item in os.scandir(folder):
        path = f"{prefix}{item.name}"
        if item.is_symlink():
            yield path, SymlinkEntry(os.readlink(item.path))
        elif item.is_dir():
            if item.name != "__pycache__":
                yield from _walk(item.path, f"{path}/")
        elif item.is_file():
            executable = bool(item.stat().st_mode & 0o100)
            yield path, FileEntry(Path(item.path), executable)
        else:
            raise LayerError(f"{item.path}: must be a file, link or directory")


def _kind(path: Path) -> str:
    return "a file" if path.exists() else "nothing"


def _left_by_installer(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name in DROPPED_METADATA and folder.endswith(".dist-info")


def merge_trees(trees: Iterable[tuple[str, Tree]]) -> Tree:
    """Lay trees over each other, refusing a path that two of them fill differently."""
    merged: Tree = {}
    owners: dict[str, str] = {}
    for name, tree in trees:
        for path, entry in tree.items():
            if path in merged and not same_entry(merged[path], entry):
                raise LayerError(
                    f"{path}: must come from one tree, is in {owners[path]} and, "
                    f"with other content, in {name}",
                    hint="give one of the two distributions a layer of its own, or drop it",
                )
            merged[path] = entry
            owners.setdefault(path, name)
    return merged


def same_entry(first: Entry, second: Entry) -> bool:
    """Tell whether two entries would be the same in a layer."""
    if isinstance(first, FileEntry) and isinstance(second, FileEntry):
        return first.executable == second.executable and first.read() == second.read()
    return first == second


def move_tree(tree: Tree, strip_prefix: str, prefix: str) -> Tree:
    """Keep what is below `strip_prefix` and put it below `prefix`."""
    strip, add = as_folder(strip_prefix), as_folder(prefix)
    moved = {
        add + path[len(strip) :]: entry for path, entry in tree.items() if path.startswith(strip)
    }
    if tree and not moved:
        found = ", ".join(sorted({path.split("/")[0] for path in tree})[:5])
        raise LayerError(f"strip prefix {strip!r}: must exist in the tree, which has {found}")
    return moved


def as_folder(prefix: str) -> str:
    """Spell a prefix with exactly one final slash and none in front; the root is empty."""
    cleaned = prefix.strip("/")
    if any(part in ("", ".", "..") for part in cleaned.split("/")) and cleaned:
        raise LayerError(f"prefix: must be a plain path such as opt/app, was {prefix!r}")
    return f"{cleaned}/" if cleaned else ""


def with_parents(tree: Mapping[str, Entry]) -> Tree:
    """Add the directories above every entry, so that a layer never relies on another for them."""
    complete: Tree = {}
    for path, entry in tree.items():
        complete[path] = entry
        folder = path.rpartition("/")[0]
        while folder and folder not in complete:
            complete[folder] = tree.get(folder, DirectoryEntry())
            folder = folder.rpartition("/")[0]
    blocked = [
        path
        for path in complete
        if "/" in path and not isinstance(complete[path.rpartition("/")[0]], DirectoryEntry)
    ]
    if blocked:
        raise LayerError(f"{min(blocked)}: must lie in a directory, its parent is a file or link")
    return complete


def write_tree(tree: Mapping[str, Entry], folder: Path) -> None:
    """Write entries below a folder, for a tool that needs them on disk."""
    for path, entry in sorted(tree.items()):
        target = folder / path
        if isinstance(entry, DirectoryEntry):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, SymlinkEntry):
            target.symlink_to(entry.target)
        else:
            target.write_bytes(entry.read())
            target.chmod(0o755 if entry.executable else 0o644)
