"""What a wrong model file is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.errors import ConfigError
from fleet.load import load_model, parse_model
from fleet.testing.models import agent_entry, model_document


def assert_error(document: Any, *expected: str) -> None:
    """Read a wrong model and look for the lines in what is told."""
    with pytest.raises(ConfigError) as caught:
        parse_model(json.dumps(document))
    for line in expected:
        assert line in str(caught.value)


def with_agent(**fields: Any) -> dict[str, Any]:
    """Make a model with an agent that has these fields."""
    return model_document({**agent_entry("nlu_agent", 5709), **fields})


def test_a_good_model_is_read() -> None:
    """Text such as 256Mi and 0.5 becomes amounts."""
    agent = parse_model(json.dumps(with_agent())).agent("nlu-agent")

    assert agent is not None
    assert (agent.resources.cpu, agent.resources.memory) == (0.5, 256 * 1024 * 1024)


def test_settings_may_be_text() -> None:
    """Settings of a target are text, and become numbers and tuples."""
    document = model_document(
        agent_entry("nlu_agent", 5709),
        drain_seconds="3",
        publish="nlu_agent, service_registry:health",
    )

    environment = parse_model(json.dumps(document)).environment

    assert environment.drain_seconds == 3
    assert environment.publish == ("nlu_agent", "service_registry:health")


def test_a_wrong_value_is_named_by_path() -> None:
    """An agent goes by its slug in a path, and the hint names its target."""
    assert_error(
        with_agent(replicas=0),
        "error: model.json: agents/nlu_agent/replicas: must be greater than or equal to 1, was 0",
        "hint: Correct the target src/python/agents/core_services:nlu_agent",
    )


def test_every_mistake_is_told_at_once() -> None:
    """Two mistakes give two lines."""
    assert_error(
        with_agent(port="x", resources={"memory": "1GB"}),
        "agents/nlu_agent/port: must be a valid integer",
        "agents/nlu_agent/resources/memory: must be an amount of memory such as 256Mi, was '1GB'",
    )


def test_unknown_and_missing_fields_are_told() -> None:
    """Extra and missing keys are mistakes, too."""
    document = with_agent(color="red")
    del document["environment"]["name"]

    assert_error(
        document,
        "agents/nlu_agent/color: is not known here",
        "environment/name: is required, was missing",
    )


def test_an_unknown_dependency_is_told() -> None:
    """A dependency must be an agent of the same fleet."""
    assert_error(
        with_agent(depends_on=["sun"]),
        "agents/nlu_agent/depends_on: must name agents of this fleet, was 'sun'",
    )


def test_an_unknown_peer_is_told() -> None:
    """Whom an agent calls must be of the same fleet; `*` is anybody in it."""
    assert_error(
        with_agent(calls=["sun"]),
        "agents/nlu_agent/calls: must name agents of this fleet, was 'sun'",
    )
    agent = parse_model(json.dumps(with_agent(calls=["*"]))).agent("nlu-agent")

    assert agent is not None
    assert agent.may_call("sun")


def test_a_loop_is_told_whole() -> None:
    """A loop of dependencies is spelled from its first agent back to it."""
    document = model_document(
        agent_entry("chitchat", 5001, depends_on=["responder"]),
        agent_entry("responder", 5002, depends_on=["chitchat"]),
    )

    assert_error(document, "depends_on: must not lead back to itself, was ", " -> responder -> ")


def test_a_port_belongs_to_one_agent() -> None:
    """The same port twice is a mistake, also between port and health port."""
    document = model_document(agent_entry("nlu_agent", 8200))

    assert_error(
        document,
        "agents/service_registry/health_port: must be free, was 8200, "
        "taken by agents/nlu_agent/port",
    )


def test_a_slug_belongs_to_one_agent() -> None:
    """Two agents of one slug are a mistake."""
    document = model_document(agent_entry("nlu_agent", 5709), agent_entry("nlu_agent", 5710))

    assert_error(document, "agents/nlu_agent: must be unique, was given twice")


def test_a_fleet_needs_its_registry() -> None:
    """Without the registry nobody could find anybody."""
    document = with_agent(depends_on=[])
    document["agents"].pop()

    assert_error(document, "agents: must include service_registry")


def test_images_must_cover_the_fleet() -> None:
    """An agent without an image cannot be deployed."""
    document = with_agent()
    del document["images"]["nlu_agent"]

    assert_error(document, "images/nlu_agent: is required, was missing")


def test_a_published_name_must_exist() -> None:
    """A port can be opened only of an agent that is there."""
    document = model_document(publish="front_desk")

    assert_error(document, "environment/publish: must be <slug> or <slug>:health, was 'front_desk'")


def test_no_json_is_told_with_its_place(tmp_path: Path) -> None:
    """A file that is not JSON is told with line and column."""
    path = tmp_path / "model.json"
    path.write_text('{"agents": ]')

    with pytest.raises(ConfigError, match=rf"{path}:1:12: expected JSON"):
        load_model(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A file that is not there is told with the reason."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_model(tmp_path / "model.json")
