"""The agent() targets against the catalogue: the facts that the rest of the world relies on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common.base_actions import BASE_ACTIONS

FACTS = ("name", "machine", "group", "port", "health_port", "gpu", "criticality")


def by_slug(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Index agents by slug."""
    return {entry["slug"]: entry for entry in entries}


MODEL = Path("deploy/local/model.json")
STATED = by_slug(json.loads(MODEL.read_text())["agents"]) if MODEL.exists() else {}
CATALOGUE = by_slug(json.loads(Path("tests/catalogue.json").read_text()))


def test_the_build_knows_agents() -> None:
    """The comparisons below compare something."""
    assert len(STATED) == len(CATALOGUE) == 84


@pytest.mark.parametrize("slug", sorted(STATED))
def test_an_agent_is_what_the_catalogue_says(slug: str) -> None:
    """Name, place, ports and criticality are those of the catalogue."""
    expected = {fact: CATALOGUE[slug][fact] for fact in FACTS}

    assert {fact: STATED[slug][fact] for fact in FACTS} == expected


@pytest.mark.parametrize("slug", sorted(STATED))
def test_an_agent_awaits_whom_the_catalogue_says(slug: str) -> None:
    """The dependencies of the catalogue are stated, and no others."""
    assert STATED[slug]["depends_on"] == sorted(CATALOGUE[slug]["depends_on"])


@pytest.mark.parametrize("slug", sorted(STATED))
def test_an_agent_answers_and_keeps_at_least_what_the_catalogue_says(slug: str) -> None:
    """No action and no storage of the catalogue is missing."""
    answered = {*STATED[slug]["actions"], *BASE_ACTIONS}

    assert set(CATALOGUE[slug]["actions"]) <= answered
    assert set(CATALOGUE[slug]["storage"]) <= set(STATED[slug]["storage"])


def test_only_whom_the_hub_restarts_is_open_to_it() -> None:
    """One agent may call any: whoever else may be called states by whom."""
    assert [slug for slug, agent in STATED.items() if "*" in agent["calls"]] == [
        "observability_hub"
    ]


@pytest.mark.parametrize("slug", sorted(STATED))
def test_an_agent_may_call_agents_that_exist(slug: str) -> None:
    """Each edge leads to another agent of the fleet, and is stated once."""
    awaited, called = STATED[slug]["depends_on"], STATED[slug]["calls"]

    assert {*called} - {*STATED, "*"} == set()
    assert {*called} & {*awaited, slug} == set()
