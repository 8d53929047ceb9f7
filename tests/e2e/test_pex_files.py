"""The PEX files of the build, run by the host's Python and looked at by PEX's own tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

AGENTS = {"service_registry": "ServiceRegistry", "nlu_agent": "NLUAgent"}


def run(slug: str, tmp_path: Path, *arguments: str, **env_vars: str) -> str:
    """Run a PEX file with a PEX_ROOT of its own, and give what it prints."""
    result = subprocess.run(
        [sys.executable, f"agents/{slug}.pex", *arguments],
        env={"PATH": os.environ["PATH"], "PEX_ROOT": str(tmp_path), **env_vars},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("slug", sorted(AGENTS))
def test_an_agent_describes_itself(slug: str, tmp_path: Path) -> None:
    """`--describe` prints the agent's name and its actions with their schemas, and no version."""
    described = json.loads(run(slug, tmp_path, "--describe"))
    facts = described["facts"]

    assert facts["name"] == AGENTS[slug]
    assert described["actions"]
    assert all(action["request"] for action in described["actions"])
    assert "version" not in facts


@pytest.mark.parametrize("slug", sorted(AGENTS))
def test_help_names_the_environment_variables(slug: str, tmp_path: Path) -> None:
    """`--help` says what can be set."""
    assert "REGISTRY_ENDPOINT" in run(slug, tmp_path, "--help")


def test_pex_tools_accept_the_file(tmp_path: Path) -> None:
    """PEX's own tools read what was composed, and make a venv of it that runs."""
    info = json.loads(run("nlu_agent", tmp_path, "info", PEX_TOOLS="1"))
    run("nlu_agent", tmp_path, "venv", str(tmp_path / "venv"), PEX_TOOLS="1")

    assert info["entry_point"] == "__agent__"
    assert any(name.startswith("pydantic-") for name in info["distributions"])
    described = subprocess.run(
        [str(tmp_path / "venv" / "pex"), "--describe"], capture_output=True, check=True
    )
    assert json.loads(described.stdout)["facts"]["slug"] == "nlu_agent"


def test_a_pex_is_a_sound_zip_file_without_a_trace_of_its_making() -> None:
    """Every entry is whole, and has the one time that all entries have."""
    with zipfile.ZipFile("agents/nlu_agent.pex") as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
        assert len(set(names)) == len(names)
        assert not any("testing" in name for name in names if name.startswith("common/"))
