"""The fakes and the harness that agents' tests stand on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.agent import Agent, action
from common.attachments import Attachment
from common.contracts.health import Cleared
from common.messages import (
    ActionError,
    Done,
    Empty,
    ErrorCode,
    Event,
    Item,
    Reply,
    Request,
    Topic,
)
from common.testing import AgentHarness, FakeClock, facts_of


class Note(Request):
    """Keep text."""

    text: str
    tags: tuple[str, ...] = ()


class Heard(Item):
    """What was heard."""

    text: str
    audio: Attachment = b""


class Album(Request):
    """Several parts."""

    parts: tuple[Heard, ...]


class Kept(Reply):
    """Tell the key."""

    key: str


class NLUNotebook(Agent):
    """Keep notes and tell a peer."""

    beats = 0

    async def start(self) -> None:
        """Begin to beat."""
        self.spawn(self._beat(), "beat")

    async def state_cleared(self) -> None:
        """Beat anew."""
        self.beats = 0

    async def _beat(self) -> None:
        while True:
            await self.clock.sleep(10)
            self.beats += 1

    @action
    async def keep(self, request: Note) -> Kept:
        """Keep a note."""
        await self.store.put("notes", request.text, {"tags": list(request.tags)})
        reply = await self.peers.call("librarian", "file", request, Kept)
        return Kept(key=f"{reply.key} at {self.clock.now():.0f}")


async def test_agent_runs_on_fakes() -> None:
    """An agent in a harness keeps, calls and tells the time with nothing real."""
    async with AgentHarness(NLUNotebook, clock=FakeClock(1000)) as agent:
        agent.peers.answer("librarian", "file", lambda request: Kept(key=request.text.upper()))
        reply = await agent.call("keep", text="milk", tags=["shop"])

        assert reply.key == "MILK at 1000"
        assert await agent.store.get("notes", "milk") == {"tags": ["shop"]}
        assert (Note(text="milk", tags=("shop",)),) == agent.peers.calls_of("librarian", "file")


async def test_unanswered_peer_is_unavailable() -> None:
    """A call that the test did not provide for fails as a missing peer does."""
    async with AgentHarness(NLUNotebook) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("keep", text="milk")

        assert caught.value.code == ErrorCode.UNAVAILABLE
        agent.peers.fail("librarian", "file", ErrorCode.CONFLICT)
        with pytest.raises(ActionError, match="conflict"):
            await agent.call("keep", text="milk")


async def test_requests_are_validated() -> None:
    """The harness refuses what the wire would."""
    async with AgentHarness(NLUNotebook) as agent:
        with pytest.raises(ActionError, match="invalid at text"):
            await agent.call("keep", text=None)
        with pytest.raises(ActionError, match="unknown_action"):
            await agent.call("burn")


async def test_base_actions_answer() -> None:
    """Every agent has the base actions, in the harness too."""
    async with AgentHarness(NLUNotebook) as agent:
        assert (await agent.call("ping")).agent == "nlu_notebook"
        assert (await agent.call("health")).phase == "ready"
        assert Done() == await agent.call("restart")
        assert agent.is_restart_asked
        await agent.store.put("notes", "a", {})
        agent.agent.beats = 5
        assert Cleared(documents=1) == await agent.call("clear_state")
        assert agent.agent.beats == 0


async def test_clock_wakes_sleepers_in_order() -> None:
    """Each sleeper wakes at its own time, and again when it sleeps on."""
    async with AgentHarness(NLUNotebook) as agent:
        await agent.clock.advance(25)
        assert agent.agent.beats == 2
        await agent.clock.advance(5)
        assert agent.agent.beats == 3


async def test_cancelled_sleepers_are_forgotten() -> None:
    """A sleeper that was cancelled disturbs nobody."""
    clock = FakeClock()
    sleeper = asyncio.create_task(clock.sleep(1))
    await clock.settle()
    sleeper.cancel()
    await clock.advance(2)

    assert sleeper.cancelled()
    assert clock.monotonic() == 2


class Rang(Event):
    """A bell rang."""

    number: int


BELL = Topic("porter", "bell", Rang)
DOOR = Topic("house", "door", Rang)


class Porter(Agent):
    """Hear the door of the house, stream with it, and ring its own bell."""

    topics = (BELL,)
    missed: tuple[int | None, ...] = ()

    async def start(self) -> None:
        """Begin to hear."""
        self.spawn(self._hear(), "hear")

    async def _hear(self) -> None:
        async for delivery in self.peers.subscribe(DOOR):
            self.missed += (delivery.missed,)
            self.events.publish(BELL, delivery.event)

    @action
    async def repeat(self, request: Empty, incoming: AsyncIterator[Heard]) -> AsyncIterator[Heard]:
        """Let the house say again what comes."""
        async with self.peers.stream("house", "echo", Empty(), Heard) as stream:
            async for heard in incoming:
                await stream.send(heard)
            await stream.end()
            async for said in stream:
                yield said

    @action
    async def join(self, request: Album) -> Kept:
        """Put pictures together."""
        return Kept(key=b"".join(part.audio for part in request.parts).decode())


async def test_events_are_heard_and_told_on_fakes() -> None:
    """A test lets events of peers happen, and sees those that the agent tells."""
    async with AgentHarness(Porter) as agent:
        await agent.clock.settle()
        agent.peers.happen(DOOR, Rang(number=1))
        agent.peers.happen(DOOR, Rang(number=2), missed=3)
        await agent.clock.settle()

        assert agent.published(BELL) == (Rang(number=1), Rang(number=2))
        assert agent.agent.missed == (0, 3)
        with pytest.raises(ValueError, match="expected a topic of `topics`, found 'door'"):
            agent.agent.events.publish(DOOR, Rang(number=1))


async def test_streams_run_on_fakes() -> None:
    """A test sends items and gets those of the agent, whose own peer is an async generator."""

    async def echo(request: Empty, incoming: AsyncIterator[Heard]) -> AsyncIterator[Heard]:
        async for heard in incoming:
            yield Heard(text=heard.text.upper(), audio=heard.audio)

    async with AgentHarness(Porter) as agent:
        items = (Heard(text="a", audio=b"\xff"), Heard(text="b"))
        with pytest.raises(ActionError, match="house does not answer echo here"):
            await anext(agent.stream("repeat", *items))
        agent.peers.answer_stream("house", "echo", echo)
        said = [found async for found in agent.stream("repeat", *items)]

    assert said == [Heard(text="A", audio=b"\xff"), Heard(text="B")]


async def test_bytes_are_given_as_they_are() -> None:
    """Fields of a call may hold bytes at any depth, in messages or in plain values."""
    async with AgentHarness(Porter) as agent:
        parts = [Heard(text="a", audio=b"x"), {"text": "b", "audio": b"y"}]

        assert (await agent.call("join", parts=parts)).key == "xy"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("NLUAgent", "nlu_agent"),
        ("KnowledgeBase", "knowledge_base"),
        ("GOTToTAgent", "got_to_t_agent"),
        ("TinyLlama2Service", "tiny_llama2_service"),
    ],
)
def test_slug_follows_the_class_name(name: str, slug: str) -> None:
    """Facts of a class have its name in snake case."""
    facts = facts_of(type(name, (NLUNotebook,), {}))

    assert (slug, ("keep",)) == (facts.slug, facts.actions)


async def test_message_values_are_frozen() -> None:
    """Requests and replies cannot be changed once made."""
    with pytest.raises(ValueError, match="frozen"):
        Kept(key="a").key = "b"
    with pytest.raises(ValueError, match="Extra inputs"):
        Empty.model_validate({"more": 1})
