"""The development environment on a real engine: load, up, ask, down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from common.contracts.coordination import RequestType, SubmitRequest
from fleet.client import ask
from fleet.clusters.compose_tool import find_compose
from fleet.errors import FleetError, ToolMissingError
from fleet.keys import ensure
from fleet.load import parse_model
from fleet.render.filters.keys import VARIABLE

OVERLAY = Path("deploy/development/compose.yaml")
LOCAL_MODEL = Path("deploy/local/model.json")
PROJECT = "fleet-e2e"


@pytest.fixture
def engine() -> Iterator[Any]:
    """Give the local engine, or skip with the reason."""
    try:
        client = docker.from_env(timeout=300)
        client.ping()
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine answers: {error}; apt-get install docker.io")
    yield client
    client.close()


@pytest.fixture
def compose(engine: Any) -> Iterator[list[str]]:
    """Give the compose command of a project of our own, which is removed in the end."""
    try:
        found = find_compose(os.environ)
    except ToolMissingError as error:
        pytest.skip(str(error))
    command = [*found, "--project-name", PROJECT, "--file", str(OVERLAY)]
    yield command
    subprocess.run([*command, "down", "--volumes", "--timeout", "15"], check=False)


def load(*slugs: str) -> dict[str, Any]:
    """Load images as `./pants run src/docker:load` does, and give its report."""
    result = subprocess.run(
        [sys.executable, "-m", "fleet.load", "--images", "images", "--json", *slugs],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make keys for all agents, where compose finds them."""
    document = json.loads(LOCAL_MODEL.read_text())
    document["environment"]["orchestrator"] = "compose"
    folder = tmp_path / "keys"
    ensure(parse_model(json.dumps(document)), folder)
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


# What a text needs, closed under depends_on: a small machine has other tests to run meanwhile.
CORE = (
    "cache-manager",
    "chitchat-agent",
    "intention-validator-agent",
    "knowledge-base",
    "memory-client",
    "memory-orchestrator-service",
    "nlu-agent",
    "observability-hub",
    "request-coordinator",
    "service-registry",
    "session-memory-agent",
    "system-digital-twin",
)


def text(said: str) -> SubmitRequest:
    """Give a text as it is put to the front door."""
    return SubmitRequest(type=RequestType.TEXT, data=said, session_id="e2e")


def test_the_overlay_runs_hardened_and_answers(engine: Any, keys: Path, compose: list[str]) -> None:
    """All agents become healthy, read-only and as nobody special; the operator has an answer."""
    load()
    assert load()["sent_bytes"] == 0

    subprocess.run(
        [*compose, "up", "--detach", "--wait", "--wait-timeout", "300", *CORE], check=True
    )

    services = yaml.safe_load(OVERLAY.read_text())["services"]
    containers = engine.containers.list(filters={"label": f"com.docker.compose.project={PROJECT}"})
    assert len(services) == 84
    assert len(containers) == len(CORE)
    for container in containers:
        assert container.attrs["State"]["Health"]["Status"] == "healthy"
        assert container.attrs["HostConfig"]["ReadonlyRootfs"]
        assert container.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        assert container.attrs["Config"]["User"] == "65532:65532"
    front_door = services["request-coordinator"]["ports"][0]
    port = front_door["published"] if isinstance(front_door, dict) else front_door.split(":")[-2]
    front = f"tcp://127.0.0.1:{port}"
    ask(front, text("remember that the boiler was serviced on 4 May"), 30, keys)
    answer = ask(front, text("when was the boiler serviced?"), 30, keys)
    assert "4 May" in answer.model_dump_json()
    with pytest.raises(FleetError):
        ask(front, text("when was the boiler serviced?"), 2)
