"""Fleets without sockets: agents of this tree answer each other as processes would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from tests.common.radio import Chunk, Count, Number, Partial

from agents.memory_orchestrator.memory_orchestrator_service import MemoryOrchestratorService
from agents.memory_system.knowledge_base import KnowledgeBase
from agents.memory_system.memory_client import MemoryClient
from common.agent import Agent, action
from common.attachments import Attachment
from common.call_context import current_call
from common.lifecycle import Phase
from common.messages import ActionError, Done, Empty, ErrorCode, Event, Reply, Request, Topic
from common.testing import MemoryFleet, facts_of


class Rang(Event):
    """A bell rang."""

    number: int


class Told(Reply):
    """Tell what an agent knows of its call."""

    text: str
    correlation_id: str = ""
    source: str = ""
    span: str = ""
    parent: str = ""


class Picture(Request):
    """Send bytes, at any depth."""

    pictures: tuple[Attachment, ...] = ()


class Shown(Reply):
    """Send bytes back."""

    picture: Attachment


BELL = Topic("house", "bell", Rang)
ROOF = Topic("house", "roof", Rang)


class House(Agent):
    """Ring, stream, wait and fail as a test wants."""

    topics = (BELL,)
    is_started = False
    ended = False

    async def start(self) -> None:
        """Take a while."""
        await asyncio.sleep(0)
        self.is_started = True

    @action
    async def look(self, request: Empty) -> Told:
        """Tell about the call."""
        call = current_call()
        assert call is not None
        return Told(
            text="looked",
            correlation_id=call.correlation_id,
            source=call.source,
            span=call.span,
            parent=call.parent,
        )

    @action
    async def show(self, request: Picture) -> Shown:
        """Give the last picture back."""
        return Shown(picture=request.pictures[-1])

    @action
    async def ring(self, request: Count) -> Done:
        """Ring so often."""
        for number in range(request.to):
            self.events.publish(BELL, Rang(number=number))
        return Done()

    @action
    async def wait(self, request: Empty) -> Done:
        """Answer after a minute."""
        try:
            await self.clock.sleep(60)
        finally:
            self.ended = True
        return Done()

    @action
    async def crash(self, request: Empty) -> Done:
        """Have a fault."""
        raise RuntimeError("secret detail")

    @action
    async def count(self, request: Count) -> AsyncIterator[Number]:
        """Count."""
        try:
            for number in range(request.to):
                yield Number(number=number)
        finally:
            self.ended = True

    @action
    async def transcribe(
        self, request: Empty, incoming: AsyncIterator[Chunk]
    ) -> AsyncIterator[Partial]:
        """Say after each chunk what was heard so far."""
        heard = ""
        async for chunk in incoming:
            heard += chunk.audio.decode()
            yield Partial(text=heard)
        yield Partial(text=heard, is_final=True)


class Neighbour(Agent):
    """Ask the house."""

    heard: tuple[int, ...] = ()

    async def start(self) -> None:
        """Ask for what the house knows once it is started, and listen."""
        self.seen = await self.peers.call("house", "look", Empty(), Told)
        self.spawn(self._listen(), "listen")

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(BELL):
            self.heard += (delivery.event.number,)

    @action
    async def relay(self, request: Empty) -> Told:
        """Ask the house to look."""
        mine = current_call()
        found = await self.peers.call("house", "look", Empty(), Told)
        return found.model_copy(update={"text": mine.span if mine else ""})

    @action
    async def patience(self, request: Empty) -> Done:
        """Ask the house for what takes long, with more time than there is."""
        return await self.peers.call("house", "wait", Empty(), Done, timeout=600)

    @action
    async def ask_stranger(self, request: Empty) -> Told:
        """Ask somebody who may not be here."""
        return await self.peers.call("stranger", "look", Empty(), Told)


async def test_agents_of_this_tree_work_together() -> None:
    """A fact goes through three agents into the store of the last, and is found again."""
    agents = (KnowledgeBase, MemoryClient, MemoryOrchestratorService)
    async with MemoryFleet(*agents) as fleet:
        topic, content = "boiler", "serviced on 4 May"
        added = await fleet.call("knowledge_base", "add_fact", topic=topic, content=content)
        found = await fleet.call("knowledge_base", "search_facts", query="boiler serviced")

    assert added.fact_id
    assert [hit.fact.content for hit in found.facts] == ["serviced on 4 May"]


async def test_a_call_knows_where_it_comes_from() -> None:
    """Correlation id and spans go from call to call, each below its caller's."""
    async with MemoryFleet(Neighbour, House) as fleet:
        outer = await fleet.call("house", "look")
        assert (outer.source, outer.parent) == ("test", "")
        inner = await fleet.call("neighbour", "relay")

        assert (inner.source, inner.parent) == ("neighbour", inner.text)
        assert inner.correlation_id not in ("", outer.correlation_id)
        assert current_call() is None


async def test_agents_start_in_any_order() -> None:
    """Who asks another at its start waits until that has started."""
    async with MemoryFleet(Neighbour, House) as fleet:
        assert fleet["neighbour"].agent.seen.source == "neighbour"
        assert [found.slug for found in fleet.peers.directory()] == ["house", "neighbour"]
        assert {found.phase for found in fleet.peers.directory()} == {Phase.READY}
    with pytest.raises(ActionError, match="house is stopped"):
        await fleet.call("house", "look")


async def test_who_fails_to_start_fails_the_block() -> None:
    """The fault of an agent's start is the test's, as it is; the others are stopped."""

    class Broken(Agent):
        async def start(self) -> None:
            raise RuntimeError("no disk")

    fleet = MemoryFleet(House, Broken)
    with pytest.raises(RuntimeError, match="no disk"):
        async with fleet:
            raise AssertionError("unreachable")


async def test_nobody_is_not_found() -> None:
    """An agent that is not here is NOT_FOUND, until the test answers for it."""
    async with MemoryFleet(Neighbour, House) as fleet:
        for call in (fleet.call("neighbour", "ask_stranger"), fleet.call("stranger", "look")):
            with pytest.raises(ActionError, match="no agent 'stranger' is registered") as caught:
                await call
            assert caught.value.code is ErrorCode.NOT_FOUND
        fleet["neighbour"].peers.answer("stranger", "look", lambda request: Told(text="hello"))

        assert (await fleet.call("neighbour", "ask_stranger")).text == "hello"


async def test_edges_that_are_stated_are_held() -> None:
    """An agent given by facts asks only along their edges; the test asks everybody."""
    facts = facts_of(Neighbour, depends_on=("house",), calls=())
    async with MemoryFleet(Neighbour, House, facts=(facts,)) as fleet:
        assert (await fleet.call("neighbour", "relay")).source == "neighbour"
        with pytest.raises(ActionError, match="neighbour has no edge to stranger") as caught:
            await fleet.call("neighbour", "ask_stranger")

    assert caught.value.code is ErrorCode.DENIED


@pytest.mark.parametrize(
    ("action_", "fields", "code"),
    [
        ("sing", {}, ErrorCode.UNKNOWN_ACTION),
        ("count", {"to": 1}, ErrorCode.UNKNOWN_ACTION),
        ("ring", {"to": "often"}, ErrorCode.INVALID),
        ("crash", {}, ErrorCode.INTERNAL),
    ],
)
async def test_errors_are_those_of_the_wire(
    action_: str, fields: dict[str, object], code: ErrorCode
) -> None:
    """Whoever asks wrongly, or an agent with a fault, gets the code that processes give."""
    async with MemoryFleet(House) as fleet:
        with pytest.raises(ActionError) as caught:
            await fleet.call("house", action_, **fields)

    assert caught.value.code is code
    assert "secret" not in caught.value.message


async def test_another_reply_than_expected_is_malformed() -> None:
    """A caller with another contract than the agent hears which field was wrong."""
    async with MemoryFleet(House) as fleet:
        with pytest.raises(ActionError, match="house.look answered no Shown") as caught:
            await fleet.peers.call("house", "look", Empty(), Shown)

    assert (caught.value.code, caught.value.field) == (ErrorCode.MALFORMED, "picture")


async def test_bytes_travel_as_frames() -> None:
    """Attachments go both ways, wherever they are in the fields."""
    async with MemoryFleet(House) as fleet:
        shown = await fleet.call("house", "show", pictures=(b"a", b"\xff\x00"))

    assert shown == Shown(picture=b"\xff\x00")


async def test_time_passes_only_when_the_test_says_so() -> None:
    """All agents are on one clock, and a call ends at the deadline of the call behind it."""
    async with MemoryFleet(Neighbour, House) as fleet:
        call = asyncio.create_task(fleet.call("neighbour", "patience"))
        await fleet.clock.advance(4)
        assert not call.done()
        await fleet.clock.advance(2)
        with pytest.raises(ActionError) as caught:
            await call
        await fleet.clock.settle()

        assert caught.value.code is ErrorCode.TIMEOUT
        assert fleet["house"].agent.ended


async def test_events_reach_agents_and_the_test() -> None:
    """Subscribers hear from now on, in order, with the context of what happened."""
    async with MemoryFleet(Neighbour, House) as fleet:
        deliveries = fleet.peers.subscribe(BELL)
        first = asyncio.ensure_future(anext(deliveries))
        await fleet.clock.settle()
        await fleet.call("house", "ring", to=3)
        heard = [await first, await anext(deliveries)]
        await fleet.clock.settle()

        assert [(found.event.number, found.sequence, found.missed) for found in heard] == [
            (0, 1, 0),
            (1, 2, 0),
        ]
        assert fleet["neighbour"].agent.heard == (0, 1, 2)
        assert len(fleet["house"].published(BELL)) == 3
        await deliveries.aclose()


async def test_a_slow_subscriber_misses_as_on_the_wire() -> None:
    """Who takes nothing misses what it has no room for, and is told how many."""
    async with MemoryFleet(House) as fleet, aclosing(fleet.peers.subscribe(BELL)) as deliveries:
        first = asyncio.ensure_future(anext(deliveries))
        await fleet.clock.settle()
        await fleet.call("house", "ring", to=1024 + 50)
        await first
        for _ in range(1023):
            assert (await anext(deliveries)).missed == 0
        await fleet.call("house", "ring", to=1)
        assert (await anext(deliveries)).missed == 50


async def test_topics_that_are_none_are_not_found() -> None:
    """A wrong topic and an agent that is not here are told to whoever subscribes."""
    async with MemoryFleet(House) as fleet:
        with pytest.raises(ActionError, match="expected bell; found 'roof'") as caught:
            await anext(fleet.peers.subscribe(ROOF))
        assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "topic")
        with pytest.raises(ActionError, match="no agent 'shed'"):
            await anext(fleet.peers.subscribe(Topic("shed", "bell", Rang)))


async def test_streams_go_both_ways() -> None:
    """What was heard comes back while more is being sent."""
    async with (
        MemoryFleet(House) as fleet,
        fleet.peers.stream("house", "transcribe", Empty(), Partial) as stream,
    ):
        texts = []
        items = aiter(stream)
        for word in (b"turn ", b"it on"):
            await stream.send(Chunk(audio=word))
            texts.append((await anext(items)).text)
        await stream.end()
        rest = [found async for found in items]
        with pytest.raises(ActionError, match="has ended the stream"):
            await stream.send(Chunk(audio=b"!"))

    assert texts == ["turn ", "turn it on"]
    assert rest == [Partial(text="turn it on", is_final=True)]


async def test_leaving_a_stream_ends_it() -> None:
    """The agent behind a stream that is left has cleaned up when the block is over."""
    async with MemoryFleet(House) as fleet:
        async with fleet.peers.stream("house", "count", Count(to=10_000), Number) as stream:
            await anext(aiter(stream))
            assert not fleet["house"].agent.ended
        assert fleet["house"].agent.ended


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [(Empty(), ErrorCode.INVALID, "to"), (Count(to=1), ErrorCode.MALFORMED, "text")],
)
async def test_streams_that_fail_say_why(request_: Request, code: ErrorCode, field: str) -> None:
    """A wrong request and an item of another shape are told with the field."""
    async with (
        MemoryFleet(House) as fleet,
        fleet.peers.stream("house", "count", request_, Partial) as stream,
    ):
        with pytest.raises(ActionError) as caught:
            await anext(aiter(stream))

    assert (caught.value.code, caught.value.field) == (code, field)


async def test_what_has_no_json_is_not_sent() -> None:
    """A request that the wire would refuse is refused here, too."""

    class Half(Request):
        text: str

    async with MemoryFleet(House) as fleet:
        with pytest.raises(ActionError, match="Half has no JSON") as caught:
            await fleet.peers.call("house", "look", Half(text="\ud800"), Told)

    assert caught.value.code is ErrorCode.INVALID
