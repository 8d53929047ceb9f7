"""The development environment on a real engine: text, speech and pictures; load, up, down."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from common.contracts.coordination import RequestResult, RequestType, SubmitRequest
from fleet.client import ask
from fleet.clusters.compose_tool import find_compose
from fleet.errors import FleetError, ToolMissingError
from fleet.keys import ensure
from fleet.load import parse_model
from fleet.render.filters.keys import VARIABLE
from fleet.testing.household import household
from fleet.testing.senses import UNDERSTOOD, heard, overlap, picture_with, spoken

OVERLAY = Path("deploy/development/compose.yaml")
LOCAL_MODEL = Path("deploy/local/model.json")
PROJECT = "fleet-e2e"


# What text, speech and pictures need, closed under depends_on: a small machine has other tests to
# run meanwhile.
HOUSEHOLD = (
    "audio-capture",
    "cache-manager",
    "chitchat-agent",
    "face-recognition-agent",
    "fused-audio-preprocessor",
    "gguf-model-manager",
    "intention-validator-agent",
    "knowledge-base",
    "memory-client",
    "memory-orchestrator-service",
    "model-manager-agent",
    "nlu-agent",
    "observability-hub",
    "request-coordinator",
    "service-registry",
    "session-memory-agent",
    "stt-service",
    "system-digital-twin",
    "tts-service",
    "vision-processing-agent",
)
ANSWER_SECONDS = 60.0
SIGN = "Welcome to the museum"


@dataclass(frozen=True)
class Development:
    """The environment as it runs: its engine, its front door, everybody's keys."""

    engine: Any
    front: str
    keys: Path

    def containers(self) -> list[Any]:
        """Return what runs of it."""
        label = f"com.docker.compose.project={PROJECT}"
        found: list[Any] = self.engine.containers.list(filters={"label": label})
        return found

    def ask(
        self, text: str = "", kind: RequestType = RequestType.TEXT, **fields: Any
    ) -> RequestResult:
        """Put a request to the front door with the operator's key."""
        submission = SubmitRequest(type=kind, data=text, session_id="e2e", **fields)
        return ask(self.front, submission, ANSWER_SECONDS, self.keys)


def load() -> dict[str, Any]:
    """Load images as `./pants run src/docker:load` does, and give its report."""
    result = subprocess.run(
        [sys.executable, "-m", "fleet.load", "--images", "images", "--json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def make_keys(folder: Path) -> Path:
    """Make keys for all agents."""
    document = json.loads(LOCAL_MODEL.read_text())
    document["environment"]["orchestrator"] = "compose"
    ensure(parse_model(json.dumps(document)), folder)
    return folder


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Give what the overlay says of each service."""
    found: dict[str, Any] = yaml.safe_load(OVERLAY.read_text())["services"]
    return found


@pytest.fixture(scope="module")
def development(
    services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Development]:
    """Give the environment, loaded and healthy, or skip with the reason; it is removed after."""
    try:
        engine = docker.from_env(timeout=300)
        engine.ping()
        found = find_compose(os.environ)
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine answers: {error}; apt-get install docker.io")
    except ToolMissingError as error:
        pytest.skip(str(error))
    load()
    keys = make_keys(tmp_path_factory.mktemp("keys") / "keys")
    command = [*found, "--project-name", PROJECT, "--file", str(OVERLAY)]
    environ = {**os.environ, VARIABLE: str(keys)}
    up = ("up", "--detach", "--wait", "--wait-timeout", "300", *HOUSEHOLD)
    published = services["request-coordinator"]["ports"][0]
    port = published["published"] if isinstance(published, dict) else published.split(":")[-2]
    try:
        subprocess.run([*command, *up], env=environ, check=True)
        yield Development(engine, f"tcp://127.0.0.1:{port}", keys)
    finally:
        down = ("down", "--volumes", "--timeout", "15")
        subprocess.run([*command, *down], env=environ, check=False)
        engine.close()


def test_containers_are_healthy_and_hardened(
    development: Development, services: dict[str, Any]
) -> None:
    """Each runs read-only, without capabilities, as nobody special; loading again sends nothing."""
    containers = development.containers()

    assert len(services) == 84
    assert len(containers) == len(HOUSEHOLD)
    for container in containers:
        assert container.attrs["State"]["Health"]["Status"] == "healthy"
        assert container.attrs["HostConfig"]["ReadonlyRootfs"]
        assert container.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        assert container.attrs["Config"]["User"] == "65532:65532"
    assert load()["sent_bytes"] == 0


def test_what_was_told_is_known(development: Development) -> None:
    """The operator has an answer from memory; who has no key has none."""
    development.ask("remember that the boiler was serviced on 4 May")

    answer = development.ask("when was the boiler serviced?")

    assert "4 May" in str(answer.answer)
    with pytest.raises(FleetError):
        ask(development.front, SubmitRequest(type=RequestType.TEXT, data="hello"), 2)


async def test_a_spoken_question_has_a_spoken_answer(
    development: Development, tmp_path: Path
) -> None:
    """A WAV goes in, a WAV comes out, and who listens to it understands the answer."""
    async with household(tmp_path, "tts_service", "stt_service") as home:
        question = await spoken(home, "When does the train leave?")
        await asyncio.to_thread(
            development.ask, "remember that the train leaves at seven in the evening"
        )
        result = await asyncio.to_thread(
            development.ask, kind=RequestType.AUDIO, attachment=question, speak=True
        )
        assert result.audio is not None, result
        again = await heard(home, result.audio)

    assert "seven in the evening" in str(result.answer)
    assert overlap(str(result.answer), again) >= UNDERSTOOD, again


def test_a_picture_is_answered_with_its_text_and_faces(development: Development) -> None:
    """The libraries and models of sight are in the images: text is read, faces are found."""
    shown = development.ask(kind=RequestType.VISION, attachment=picture_with(SIGN))

    assert SIGN in str(shown.answer)
    assert shown.metadata["faces"] == 2
