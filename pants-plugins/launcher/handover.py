"""What Pants is told through its environment.

A pure function of what was found: nothing is run here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.pex_tool import PexTool
from launcher.pip_config import PipSources

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Findings:
    """What the launcher found on the machine or put into its cache."""

    pythons: tuple[Path, ...]
    venv: Path
    pex: PexTool
    sources: PipSources
    mirrors: tuple[str, ...]


def settings(findings: Findings, environ: Mapping[str, str]) -> dict[str, str]:
    """Say which variables Pants gets, unless the user has set them."""
    pex, sources = findings.pex, findings.sources
    chosen = {
        # Pants warns when it is not started by its own launcher program, which comes from no index.
        "NO_SCIE_WARNING": "1",
        "PANTS_PEX_CLI_VERSION": f"v{pex.version}",
        "PANTS_PEX_CLI_URL_TEMPLATE": pex.path.as_uri(),
        "PANTS_PEX_CLI_KNOWN_VERSIONS": json.dumps(pex.known_versions()),
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": json.dumps(
            [*map(str, findings.pythons), "<PYENV>", "<PATH>"]
        ),
        "PANTS_PYTHON_REPOS_INDEXES": _indexes(sources),
    }
    if sources.find_links:
        chosen["PANTS_PYTHON_REPOS_FIND_LINKS"] = json.dumps(sources.find_links)
    if sources.cert:
        chosen["PANTS_CA_CERTS_PATH"] = sources.cert
    chosen.update(_proxy(sources, environ))
    chosen.update(_caches(environ))
    if findings.mirrors:
        chosen["PANTS_DEBIAN_MIRRORS"] = json.dumps(findings.mirrors)
    return {name: value for name, value in chosen.items() if value}


def _indexes(sources: PipSources) -> str:
    if not sources.use_index:
        return "[]"
    if sources.index:
        return json.dumps([sources.index, *sources.extra_indexes])
    # A leading plus adds to what Pants has by default.
    return f"+{json.dumps(sources.extra_indexes)}" if sources.extra_indexes else ""


def _proxy(sources: PipSources, environ: Mapping[str, str]) -> dict[str, str]:
    named = [name for name in PROXIES if environ.get(name)]
    if sources.proxy and not named:
        named = [f"{name}={sources.proxy}" for name in ("http_proxy", "https_proxy")]
    return {"PANTS_SUBPROCESS_ENVIRONMENT_ENV_VARS": f"+{json.dumps(named)}"} if named else {}


def _caches(environ: Mapping[str, str]) -> dict[str, str]:
    root = environ.get("PANTS_CACHE_DIR")
    if not root:
        return {}
    return {
        "PANTS_LOCAL_STORE_DIR": f"{root}/lmdb_store",
        "PANTS_NAMED_CACHES_DIR": f"{root}/named_caches",
    }
