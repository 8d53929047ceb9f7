"""Every action of every agent, asked well, badly and with malice: it answers in ten error codes.

What is asked is generated from the schemas that the actions publish, as schemathesis does for HTTP.
"""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from common.actions import Action, actions_of
from common.agent import Agent
from common.attachments import KEY
from common.facts import REGISTRY_SLUG, AgentFacts
from common.messages import ActionError, ErrorCode
from common.runtime import load_agent
from common.testing import AgentHarness
from common.testing.harness import facts_of
from common.testing.schemas import values_of

CATALOGUE = json.loads(Path("tests/catalogue.json").read_text())
AGENTS = Path("src/python/agents")
# Asked for in good faith, some actions wait: that is an answer, too.
PATIENCE_SECONDS = 2.0
ITEMS = 3


def module_of(entry: dict[str, Any]) -> str:
    """Return the module of an agent of the catalogue."""
    return f"agents.{entry['group']}.{entry['slug']}"


@cache
def agent_class(slug: str) -> type[Agent]:
    """Load the class of an agent."""
    entry = next(entry for entry in CATALOGUE if entry["slug"] == slug)
    facts = AgentFacts(name=entry["name"], slug=slug, module=module_of(entry))
    return load_agent(facts)


def existing() -> Iterator[str]:
    """Give the agents whose module is there; the catalogue's own test counts them."""
    for entry in CATALOGUE:
        if (AGENTS / entry["group"] / f"{entry['slug']}.py").exists():
            yield entry["slug"]


def cases() -> Iterator[Any]:
    """Give every action of every agent."""
    for slug in sorted(existing()):
        for declared in actions_of(agent_class(slug)):
            yield pytest.param(slug, declared, id=f"{slug}.{declared.name}")


def silence() -> bytes:
    """Return a tenth of a second of nothing, as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(3_200))
    return target.getvalue()


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63600000000002000150a0f5450000000049454e44ae426082"
)
FRAMES = (
    silence(),
    silence()[:40],
    PIXEL,
    PIXEL[:30],
    b"",
    b"\x00" * 64,
    b"RIFF\xff\xff\xff\xffWAVE",
)

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    -0.0,
    "",
    " ",
    "\x00",
    "x" * 100_000,
    "../../../../etc/passwd",
    "/etc/passwd",
    "'; DROP TABLE documents; --",
    "{{7*7}}${7*7}%(x)s{0}",
    "$(reboot)`reboot`|reboot;reboot&",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "\u202e\ufeff\u0000\U0001f4a9",
    "٣" * 50,
    [],
    [[[[[]]]]],
    {},
    {KEY: 0},
    {KEY: -1},
    {KEY: 10**9},
    {"__class__": "x"},
)


def attached(value: Any) -> Any:
    """Return a body whose attachments are frames that exist."""
    if isinstance(value, dict):
        if value.keys() == {KEY} and isinstance(value[KEY], int):
            return {KEY: value[KEY] % len(FRAMES)}
        return {name: attached(each) for name, each in value.items()}
    if isinstance(value, list):
        return [attached(each) for each in value]
    return value


@cache
def valid_bodies(kind: Any) -> st.SearchStrategy[Any]:
    """Give bodies as the schema of a message allows them."""
    return values_of(kind.model_json_schema()).map(attached)


@st.composite
def hostile_bodies(draw: st.DrawFn, kind: Any) -> Any:
    """Give bodies with one thing wrong: a field that is hostile, missing, or unknown."""
    body = draw(valid_bodies(kind))
    fields = sorted(kind.model_fields)
    if not isinstance(body, dict) or not fields:
        return {"unknown": draw(st.sampled_from(HOSTILE))}
    name = draw(st.sampled_from([*fields, "unknown"]))
    if draw(st.booleans()):
        return {**body, name: draw(st.sampled_from(HOSTILE))}
    return {field: value for field, value in body.items() if field != name}


async def ask(harness: AgentHarness[Any], declared: Action, body: Any, items: list[Any]) -> None:
    """Ask an action; any error but ActionError comes out, and so does an INTERNAL one."""
    frames = list(FRAMES)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if not declared.is_stream:
                reply = await harness.table.invoke(declared.name, body, frames)
                assert isinstance(reply, declared.reply)
                return
            async for item in harness.table.stream(
                declared.name, body, frames, lambda load: arrivals(load, items)
            ):
                assert isinstance(item, declared.reply)
    except TimeoutError:
        return
    except ActionError as error:
        assert error.code is not ErrorCode.INTERNAL, error
        assert "Traceback" not in error.message
        assert len(error.message) < 2_000


async def arrivals(load: Any, items: list[Any]) -> Any:
    """Give the items of a stream's caller."""
    for item in items:
        yield load(item, list(FRAMES))


def harness_of(slug: str) -> AgentHarness[Any]:
    """Return a new agent without any peer."""
    found = agent_class(slug)
    return AgentHarness(found, facts=facts_of(found, slug=slug))


async def ask_new(slug: str, declared: Action, body: Any, items: list[Any]) -> None:
    """Ask an agent that was just started, and see that it is alive after it."""
    async with harness_of(slug) as harness:
        await ask(harness, declared, body, items)
        await harness.call("ping")


def items_of(declared: Action) -> st.SearchStrategy[list[Any]]:
    """Give what the caller of a stream sends."""
    if declared.incoming is None:
        return st.just([])
    valid, hostile = valid_bodies(declared.incoming), hostile_bodies(declared.incoming)
    return st.lists(st.one_of(valid, hostile), max_size=ITEMS)


QUICK = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("slug", "declared"), cases())
@QUICK
@given(data=st.data())
def test_what_the_schema_allows_is_answered(slug: str, declared: Action, data: Any) -> None:
    """A reply of the declared type, or an error that says what was expected."""
    body = data.draw(valid_bodies(declared.request))
    asyncio.run(ask_new(slug, declared, body, data.draw(items_of(declared))))


@pytest.mark.parametrize(("slug", "declared"), cases())
@QUICK
@given(data=st.data())
def test_malice_is_answered_with_an_error(slug: str, declared: Action, data: Any) -> None:
    """Nothing but an ActionError comes out, and the agent goes on."""
    body = data.draw(hostile_bodies(declared.request))
    asyncio.run(ask_new(slug, declared, body, data.draw(items_of(declared))))


def test_the_registry_is_among_them() -> None:
    """The cases above are cases of something."""
    assert REGISTRY_SLUG in set(existing())
