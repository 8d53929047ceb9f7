"""Make the keys that are missing, and write down the trust of all. Keys that exist are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import FleetError
from fleet.keys.folder import PRIVATE, KeysFolder, Modes, locked
from fleet.keys.trust import OPERATOR, trust
from fleet.model import Model

MOUNTED: Mapping[str, Modes] = {"compose": Modes(folder=0o711, file=0o444)}
"""Modes by orchestrator, where another user reads the folder through a mount of it."""


@dataclass(frozen=True)
class KeysReport:
    """What there is now: public keys by slug, whose are new, and what else lies there."""

    folder: Path
    public_keys: Mapping[str, tuple[str, ...]]
    made: tuple[str, ...]
    rotating: tuple[str, ...]
    strangers: tuple[str, ...]


def ensure(model: Model, folder: Path) -> None:
    """Make every key that the fleet lacks, and bring the trust up to date."""
    make_keys(model, folder)


def make_keys(model: Model, folder: Path) -> KeysReport:
    """Do as `ensure`, and report."""
    with locked(folder):
        folders = key_folders(model, folder)
        made = tuple(slug for slug, keys in folders.items() if keys.make())
        write_trust(model, folders)
        return KeysReport(
            folder=folder,
            public_keys={slug: keys.public_keys for slug, keys in folders.items()},
            made=made,
            rotating=tuple(slug for slug, keys in folders.items() if keys.is_rotating),
            strangers=_strangers(folder, folders),
        )


def key_folders(model: Model, folder: Path) -> dict[str, KeysFolder]:
    """Give the folder of each agent, sorted by slug, and the operator's."""
    slugs = sorted(agent.slug for agent in model.agents)
    if OPERATOR in slugs:
        message = f"agents/{OPERATOR}: must have another slug, which is the operator's"
        raise FleetError(message, "Rename the agent")
    modes = MOUNTED.get(model.environment.orchestrator, PRIVATE)
    folders = {slug: KeysFolder(folder / slug, modes) for slug in slugs}
    return {**folders, OPERATOR: KeysFolder(folder / OPERATOR)}


def write_trust(model: Model, folders: Mapping[str, KeysFolder]) -> None:
    """Write the trust that follows from the model and the keys that there are."""
    documents = trust(model, {slug: keys.public_keys for slug, keys in folders.items()})
    for slug, document in documents.items():
        folders[slug].write_trust(document)


def _strangers(folder: Path, folders: Mapping[str, KeysFolder]) -> tuple[str, ...]:
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    return tuple(sorted(names - folders.keys()))
