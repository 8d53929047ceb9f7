"""Bytecode that is a function of the source and the path in the image only.

The files are of the `unchecked-hash` kind: a timestamp would differ on each machine, and a
checked hash would make each start read all sources again.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
import warnings
from types import CodeType

from oci.tree import FileEntry, Tree

_UNCHECKED_HASH = (1).to_bytes(4, "little")


def compile_source(source: bytes, path: str) -> bytes | None:
    """Return the bytes of the .pyc file, or None for a source of another Python version."""
    code = _code(source, path)
    if code is None:
        return None
    source_hash = importlib.util.source_hash(source)
    return importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + source_hash + marshal.dumps(code)


def _code(source: bytes, path: str) -> CodeType | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(source, path, "exec", dont_inherit=True, optimize=0)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def bytecode_path(path: str) -> str:
    """Return where the import system looks for the bytecode of the module at `path`."""
    folder, slash, name = path.rpartition("/")
    stem = name[: -len(".py")]
    return f"{folder}{slash}__pycache__/{stem}.{sys.implementation.cache_tag}.pyc"


def add_bytecode(tree: Tree) -> Tree:
    """Add the bytecode of every module; `tree` must have the paths of the image."""
    compiled: Tree = dict(tree)
    for path, entry in sorted(tree.items()):
        if path.endswith(".py") and isinstance(entry, FileEntry):
            content = compile_source(entry.read(), f"/{path}")
            if content is not None:
                compiled[bytecode_path(path)] = FileEntry(content)
    return compiled
