"""New keys for a fleet that runs, so that whoever belongs is let in at every moment.

A step changes files only; running agents read them again within a second. At every moment each
key in use is trusted by all, so agents may take different times to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from fleet.errors import FleetError
from fleet.keys.folder import KeysFolder, locked
from fleet.keys.make import key_folders, write_trust
from fleet.model import Model


class Step(StrEnum):
    """The steps of a rotation, in their order."""

    TRUST = "trust"
    """A new pair is made, and trusted beside the old."""
    SWITCH = "switch"
    """The new pair is used; the old key is trusted still."""
    DROP = "drop"
    """The old key is trusted no more."""


def rotate(
    model: Model,
    folder: Path,
    slugs: Sequence[str],
    after: Callable[[Step], None],
    steps: Sequence[Step] = tuple(Step),
) -> tuple[str, ...]:
    """Rotate the keys of some agents, or of all when none is named; `after` waits for readers.

    Each step may be taken again: what was begun, and interrupted, goes on.
    """
    with locked(folder):
        folders = key_folders(model, folder)
        for keys in folders.values():
            keys.make()
        chosen = {slug: _found(folders, slug) for slug in slugs or folders}
        for step in steps:
            for keys in chosen.values():
                _take(step, keys)
            write_trust(model, folders)
            after(step)
        return tuple(chosen)


def _take(step: Step, keys: KeysFolder) -> None:
    if step is Step.TRUST:
        keys.make_next()
    elif step is Step.DROP:
        keys.forget_old()
    elif keys.is_rotating:
        keys.use_next()
    else:
        message = f"{keys.path}: must have a next key to switch to, has none"
        raise FleetError(message, "fleet keys --rotate --step trust")


def _found(folders: dict[str, KeysFolder], slug: str) -> KeysFolder:
    if slug in folders:
        return folders[slug]
    raise FleetError(f"{slug}: must have keys here, one of {', '.join(folders)}")
