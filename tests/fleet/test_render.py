"""What compose is told, and what it cannot be told."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.load import load_model, parse_model
from fleet.model import AgentSpec
from fleet.render import render_compose
from fleet.render.compose import COVERAGE, escaped
from fleet.render.documents import Document, FilterConflictError
from fleet.render.emit import emit_yaml
from fleet.testing.models import agent_entry, make_model, model_document

GOLDEN = Path(__file__).parents[1] / "golden" / "compose"


def service(name: str, *agents: dict[str, Any], **environment: Any) -> dict[str, Any]:
    """Render a fleet and give what is said about one service."""
    files, _ = render_compose(make_model(*agents, **environment))
    found: dict[str, Any] = yaml.safe_load(files["compose.yaml"])["services"][name]
    return found


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Make a fleet in which each agent depends on some that come before it."""
    slugs = draw(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), unique=True))
    entries: list[dict[str, Any]] = []
    for number, slug in enumerate(slug for slug in slugs if slug != "service_registry"):
        known = [entry["slug"] for entry in entries]
        needed = draw(st.sets(st.sampled_from(known))) if known else set()
        storage = draw(st.sets(st.sampled_from(["redis", "sqlite", "file", "models"])))
        more = {"replicas": draw(st.integers(1, 3)), "gpu": draw(st.booleans())}
        entries.append(
            agent_entry(
                slug, 10_000 + number, depends_on=sorted(needed), storage=sorted(storage), **more
            )
        )
    return model_document(*entries)


@settings(max_examples=30, deadline=None)
@given(documents(), st.randoms(use_true_random=False))
def test_render_ignores_declaration_order(document: dict[str, Any], luck: random.Random) -> None:
    """The same agents in another order give the same bytes."""
    shuffled = {**document, "agents": luck.sample(document["agents"], len(document["agents"]))}

    files, losses = render_compose(parse_model(json.dumps(document)))
    again, losses_again = render_compose(parse_model(json.dumps(shuffled)))

    assert (files, losses) == (again, losses_again)


@settings(max_examples=30, deadline=None)
@given(documents())
def test_every_replica_is_a_service(document: dict[str, Any]) -> None:
    """There are as many services as replicas, and a volume for each that keeps state."""
    model = parse_model(json.dumps(document))

    rendered = yaml.safe_load(render_compose(model)[0]["compose.yaml"])

    assert len(rendered["services"]) == sum(agent.replicas for agent in model.agents)
    stateful = [agent for agent in model.agents if agent.stateful]
    assert len(rendered["volumes"]) == sum(agent.replicas for agent in stateful)


@settings(deadline=None)
@given(st.recursive(st.text() | st.integers() | st.booleans(), st.lists, max_leaves=5))
def test_yaml_reads_back(value: Any) -> None:
    """Whatever is written is read back as it was."""
    assert yaml.safe_load(emit_yaml({"value": value})) == {"value": value}


def test_the_golden_fleet_renders_as_recorded() -> None:
    """A whole fleet gives the recorded files; UPDATE_GOLDEN=1 records them anew."""
    files, _ = render_compose(load_model(GOLDEN / "input" / "model.json"))
    expected = GOLDEN / "expected"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.mkdir(exist_ok=True)
        for name, text in files.items():
            (expected / name).write_text(text)

    assert files == {path.name: path.read_text() for path in expected.iterdir()}


def test_a_container_may_do_nothing() -> None:
    """No user, no capability, no root to write on."""
    said = service("nlu-agent", agent_entry("nlu_agent", 5709))

    assert said["user"] == "65532:65532"
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert all("noexec" in mount for mount in said["tmpfs"])


def test_names_are_for_dns() -> None:
    """A service is known by hyphens, and says so to its peers."""
    said = service("nlu-agent", agent_entry("nlu_agent", 5709))

    assert said["environment"]["AGENT_ADVERTISE"] == "nlu-agent"
    assert said["environment"]["REGISTRY_ENDPOINT"] == "tcp://service-registry:7200"


def test_state_outlives_a_container() -> None:
    """A stateful agent has a volume; another has memory at the same place."""
    stateful = service("hub", agent_entry("hub", 9000, storage=["sqlite"]))
    stateless = service("hub", agent_entry("hub", 9000, storage=["models"]))

    assert stateful["volumes"] == [
        {"source": "state-hub", "target": "/var/lib/agent", "type": "volume"}
    ]
    assert "volumes" not in stateless
    assert any(mount.startswith("/var/lib/agent:") for mount in stateless["tmpfs"])


def test_only_the_front_door_is_open() -> None:
    """The front door listens on this host only; other agents do not at all."""
    front = agent_entry("request_coordinator", 26002)
    other = agent_entry("nlu_agent", 5709)

    assert service("request-coordinator", front)["ports"] == [
        {"host_ip": "127.0.0.1", "protocol": "tcp", "published": "26002", "target": 26002}
    ]
    assert "ports" not in service("nlu-agent", other)


def test_replicas_have_names_of_their_own() -> None:
    """The second replica is a service and an instance of its own."""
    said = service("nlu-agent-2", agent_entry("nlu_agent", 5709, replicas=2))

    assert said["environment"]["AGENT_INSTANCE"] == "nlu_agent-2"
    assert said["environment"]["AGENT_ADVERTISE"] == "nlu-agent-2"


def test_losses_say_what_is_different() -> None:
    """What compose takes differently is listed with the target's address."""
    agent = agent_entry("nlu_agent", 5709, machine="pc2", gpu=True, storage=["models"])
    _, losses = render_compose(make_model(agent, gpu=True))

    found = {(loss.field, loss.grade) for loss in losses if loss.address == agent["address"]}
    assert found == {("machine", "approximated"), ("gpu", "needs_setup"), ("storage", "dropped")}


def test_no_field_is_forgotten() -> None:
    """Each field of an agent is in the output or in the losses."""
    assert COVERAGE.keys() == AgentSpec.model_fields.keys()


def test_dollars_are_not_variables() -> None:
    """Compose must not put variables of the caller's shell into the files."""
    assert escaped({"a": ("$HOME", 1)}) == {"a": ("$$HOME", 1)}


def test_each_agent_is_given_its_own_keys() -> None:
    """Replicas share their agent's folder of keys; where all folders are is a variable."""
    agents = (agent_entry("nlu_agent", 5709, replicas=2), agent_entry("responder", 5637))
    files, _ = render_compose(make_model(*agents))
    document = yaml.safe_load(files["compose.yaml"])

    assert document["secrets"]["keys-nlu-agent"] == {"file": "${FLEET_KEYS:-./keys}/nlu_agent"}
    given = {name: said["secrets"] for name, said in document["services"].items()}
    assert given["nlu-agent"] == given["nlu-agent-2"]
    assert given["responder"] == [{"source": "keys-responder", "target": "/run/secrets/fleet"}]


def test_filters_do_not_contradict() -> None:
    """Two filters that state different values for one field are a mistake."""
    document = Document("service", "a", body={"user": "1"})

    with pytest.raises(FilterConflictError, match="service/a/user: '1' and '2'"):
        document.saying({"user": "2"})
