"""The cold path: find or bring every part that Pants needs, and remember what was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from launcher.apt import configuration_files, mirrors
from launcher.brought_python import bring_pip_wheels, bring_python
from launcher.cache import Cache
from launcher.errors import LauncherError
from launcher.handover import Findings, settings
from launcher.host_python import PYTHON39, PYTHON311, WantedPython, find_python
from launcher.narration import StderrNarration
from launcher.pants_install import install_pants
from launcher.pex_tool import build_pex_tool
from launcher.pip_config import config_files
from launcher.pip_program import PipProgram, obtain_pip
from launcher.warm import Launch, remember

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Tools:
    """A Python and a pip to install things with."""

    python: Path
    pip: PipProgram


def obtain_tools(tree: Path, cache: Cache, environ: Mapping[str, str]) -> Tools:
    """Find or bring a CPython 3.9 and the locked pip."""
    python = _obtain_python(PYTHON39, tree, cache, environ)
    pip = obtain_pip(tree, cache, python, environ, lambda: bring_pip_wheels(tree, cache, environ))
    return Tools(python, pip)


def _obtain_python(
    wanted: WantedPython, tree: Path, cache: Cache, environ: Mapping[str, str]
) -> Path:
    return find_python(wanted, environ) or bring_python(wanted, tree, cache, environ)


def set_up_and_remember(
    tree: str, root: str, record: str, head: str, environ: Mapping[str, str]
) -> Launch:
    """Make everything ready, say how to start Pants, and keep that for the next start."""
    launch, watched = set_up(Path(tree), Cache(Path(root), StderrNarration()), environ)
    try:
        remember(record, head, launch, watched)
    except OSError as error:
        hint = "PANTS_CACHE_DIR=/var/tmp/pants ./pants --version"
        raise LauncherError(record, "a file that can be written", str(error), hint) from error
    return launch


def set_up(tree: Path, cache: Cache, environ: Mapping[str, str]) -> tuple[Launch, tuple[str, ...]]:
    """Make everything ready; return how to start Pants and the files that this depends on."""
    cache.sweep_all()
    tools = obtain_tools(tree, cache, environ)
    venv = install_pants(tree, cache, tools.pip)
    pex = build_pex_tool(tree, cache, venv, tools.pip)
    pythons = (tools.python, _obtain_python(PYTHON311, tree, cache, environ))
    findings = Findings(pythons, venv, pex, tools.pip.sources(), mirrors(environ))
    program = (str(venv / "bin/python"), str(venv / "bin/pants"))
    installed = (*program, str(pex.path), *map(str, pythons))
    configured = (*config_files(environ), *configuration_files())
    watched = (*installed, *configured, *_own_files(tree))
    return Launch(program, settings(findings, environ)), watched


def _own_files(tree: Path) -> tuple[str, ...]:
    folders = (tree / "pants-plugins/launcher", tree / "3rdparty/pants")
    inside = (one for folder in folders for one in folder.iterdir())
    files = [str(one) for one in inside if one.suffix in (".py", ".lock")]
    return (*sorted(files), *(str(folder) for folder in folders))
