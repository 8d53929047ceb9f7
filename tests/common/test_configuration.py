"""Tests of what an operator may choose about one agent."""

from __future__ import annotations

from pydantic import Field

from common.agent import Agent
from common.configuration import Configuration, read_configuration
from common.testing import AgentHarness


class Kettle(Configuration):
    """What a kettle can be told."""

    degrees: int = Field(default=100, ge=20, le=100)
    teas: tuple[str, ...] = ()
    water: str = Field(default="tap", alias="MODEL_SERVER_WATER")


class KettleAgent(Agent):
    """Boil water."""

    configuration = Kettle


def test_nothing_said_is_the_defaults() -> None:
    """Every field has a default; variables of others are not looked at."""
    found, mistakes = read_configuration(Kettle, "kettle", {"TEAPOT__DEGREES": "7", "HOME": "/"})

    assert (found, mistakes) == (Kettle(), ())


def test_variables_become_typed_fields() -> None:
    """Numbers are read, lists split at commas, shared names taken by their alias."""
    environ = {
        "KETTLE__DEGREES": "80",
        "KETTLE__TEAS": "green, black,",
        "MODEL_SERVER_WATER": "rain",
    }
    found, mistakes = read_configuration(Kettle, "kettle", environ)

    assert mistakes == ()
    assert isinstance(found, Kettle)
    assert (found.degrees, found.teas, found.water) == (80, ("green", "black"), "rain")


def test_every_mistake_is_told_by_the_name_of_its_variable() -> None:
    """A value out of bounds and a name that does not exist are both said."""
    environ = {"KETTLE__DEGREES": "5", "KETTLE__TEMPERATURE": "5"}
    found, mistakes = read_configuration(Kettle, "kettle", environ)

    assert found is None
    assert len(mistakes) == 2
    assert mistakes[0].startswith("KETTLE__TEMPERATURE: expected KETTLE__DEGREES or KETTLE__TEAS")
    assert mistakes[1].startswith("KETTLE__DEGREES: ")


async def test_an_agent_has_what_it_was_told() -> None:
    """It gets its configuration by the type that it declares."""
    async with AgentHarness(KettleAgent, configuration=Kettle(degrees=90)) as agent:
        assert agent.agent.configured(Kettle).degrees == 90
