"""From the path of a Python source to its target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonSourceField
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.graph import Owners, OwnersRequest
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import Targets


@dataclass(frozen=True)
class PythonOwnersRequest:
    """Ask for the targets of some source files."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class PythonOwners:
    """The Python source targets among the owners: a file may be other things, too."""

    addresses: tuple[Address, ...]


@rule
async def find_python_owners(request: PythonOwnersRequest) -> PythonOwners:
    """Find the Python source targets of some files; a file without one adds none."""
    owners = await Get(Owners, OwnersRequest(request.paths))
    targets = await Get(Targets, Addresses(owners))
    addresses = (target.address for target in targets if target.has_field(PythonSourceField))
    return PythonOwners(tuple(sorted(addresses)))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
