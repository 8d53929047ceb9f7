"""What Pants is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from launcher.handover import Findings, settings
from launcher.pex_tool import PexTool
from launcher.pip_config import PipSources

FINDINGS = Findings(
    pythons=(Path("/python/bin/python3.9"), Path("/python/bin/python3.11")),
    venv=Path("/cache/pants"),
    pex=PexTool(Path("/cache/pex-1/pex"), "2.1.137", "ab" * 32, 42),
    sources=PipSources(),
    mirrors=(),
)


def given_sources(sources: PipSources, environ: dict[str, str] | None = None) -> dict[str, str]:
    """Say what Pants is told when pip is configured like this."""
    return settings(replace(FINDINGS, sources=sources), environ or {})


def test_nothing_is_said_that_is_not_known() -> None:
    """On a machine without configuration Pants keeps its own defaults."""
    assert sorted(settings(FINDINGS, {})) == [
        "NO_SCIE_WARNING",
        "PANTS_PEX_CLI_KNOWN_VERSIONS",
        "PANTS_PEX_CLI_URL_TEMPLATE",
        "PANTS_PEX_CLI_VERSION",
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH",
    ]


def test_the_pex_tool_is_known_on_every_platform() -> None:
    """The pex tool is pure Python: one file serves Intel and ARM."""
    told = settings(FINDINGS, {})
    versions = json.loads(told["PANTS_PEX_CLI_KNOWN_VERSIONS"])
    assert f"v2.1.137|linux_x86_64|{'ab' * 32}|42" in versions
    assert f"v2.1.137|linux_arm64|{'ab' * 32}|42" in versions
    assert told["PANTS_PEX_CLI_URL_TEMPLATE"] == "file:///cache/pex-1/pex"


def test_python_is_found_without_a_path() -> None:
    """The Python that runs Pants is the first that Pants looks at."""
    path = json.loads(settings(FINDINGS, {})["PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH"])
    assert path == ["/python/bin/python3.9", "/python/bin/python3.11", "<PYENV>", "<PATH>"]


def test_a_configured_index_replaces_the_default() -> None:
    """A mirror is used alone; extra indexes come after it."""
    told = given_sources(PipSources(index="https://a.example", extra_indexes=("file:///b",)))
    assert told["PANTS_PYTHON_REPOS_INDEXES"] == '["https://a.example", "file:///b"]'


def test_extra_indexes_are_added_to_the_default() -> None:
    """Without a configured index Pants's own default stays."""
    told = given_sources(PipSources(extra_indexes=("file:///b",)))
    assert told["PANTS_PYTHON_REPOS_INDEXES"] == '+["file:///b"]'


def test_a_forbidden_index_is_forbidden_to_pants() -> None:
    """With no-index only the links are left."""
    told = given_sources(PipSources(use_index=False, find_links=("file:///wheels",)))
    assert told["PANTS_PYTHON_REPOS_INDEXES"] == "[]"
    assert told["PANTS_PYTHON_REPOS_FIND_LINKS"] == '["file:///wheels"]'


def test_certificates_and_mirrors_are_passed_on() -> None:
    """Pants trusts what pip trusts, and the plugin gets apt's mirrors."""
    told = settings(
        replace(FINDINGS, sources=PipSources(cert="/ca.crt"), mirrors=("http://m",)), {}
    )
    assert told["PANTS_CA_CERTS_PATH"] == "/ca.crt"
    assert told["PANTS_DEBIAN_MIRRORS"] == '["http://m"]'


def test_proxies_reach_the_processes_of_pants() -> None:
    """Variables that are set are passed by name; pip's own proxy is passed by value."""
    name = "PANTS_SUBPROCESS_ENVIRONMENT_ENV_VARS"
    sources = PipSources(proxy="http://p:1")
    assert given_sources(sources, {"https_proxy": "x"})[name] == '+["https_proxy"]'
    told = given_sources(sources)[name]
    assert told == '+["http_proxy=http://p:1", "https_proxy=http://p:1"]'


def test_one_folder_can_hold_every_cache() -> None:
    """PANTS_CACHE_DIR moves Pants's own caches too."""
    told = settings(FINDINGS, {"PANTS_CACHE_DIR": "/big"})
    assert told["PANTS_LOCAL_STORE_DIR"] == "/big/lmdb_store"
    assert told["PANTS_NAMED_CACHES_DIR"] == "/big/named_caches"
