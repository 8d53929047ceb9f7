"""The scripts that run in sandboxes, taken from the plugin itself wherever it is installed."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.rules import Get, collect_rules, rule

DOWNLOAD_MODULES = ("__init__", "url")


@dataclass(frozen=True)
class ScriptsRequest:
    """Ask for modules: a package and paths in it, without their `.py`, again and again."""

    packages: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Scripts:
    """The modules, each at `package/path.py`."""

    digest: Digest


@rule
async def collect_scripts(request: ScriptsRequest) -> Scripts:
    """Read the modules of the request."""
    files = [
        FileContent(f"{package}/{path}.py", pkgutil.get_data(package, f"{path}.py") or b"")
        for package, paths in request.packages
        for path in paths
    ]
    return Scripts(await Get(Digest, CreateDigest(files)))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
