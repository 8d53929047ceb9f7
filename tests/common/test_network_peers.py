"""Calls by slug: along edges, to whoever serves, again when that does no harm."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.common.played import Played
from tests.common.radio import Count, Number, Radio
from tests.common.town import Town
from tests.common.wired import SECONDS, Text, until, when_free

from common import network_peers
from common.agent import Agent, AgentContext
from common.clock import SystemClock
from common.facts import AgentFacts
from common.messages import ActionError, Empty, ErrorCode, Query, Request
from common.network_peers import BACK_OFF_SECONDS, back_off
from common.registry_caller import RegistryCaller
from common.testing.ports import free_port
from common.transport.client import FAILURES, Client


class Look(Query):
    """Change nothing."""


class Push(Empty):
    """Change something."""


REQUESTS = pytest.mark.parametrize("request_", [Look(), Push()], ids=["query", "command"])


def ask(town: Town, request: Request, seconds: float = SECONDS) -> asyncio.Task[Text]:
    """Begin a call of the played agent."""
    call = town.peers.call("peer", "act", request, Text, timeout=seconds)
    return asyncio.create_task(call)


async def failure(call: asyncio.Task[Text]) -> ActionError:
    """Return the error that a call ends with."""
    with pytest.raises(ActionError) as caught:
        await call
    return caught.value


def error(played: Played, number: int, code: ErrorCode) -> None:
    """Refuse a message."""
    id = played.asked[number][1]["id"]
    played.say(number, f'{{"kind":"error","id":"{id}","error":{{"code":"{code}","message":"no"}}}}')


@REQUESTS
async def test_a_lost_reply_is_asked_for_again_only_if_that_does_no_harm(request_: Request) -> None:
    """What changes nothing is sent again after a loss; what does is reported to the caller."""
    async with Town() as town:
        peer = Played()
        await town.settle("peer", peer.endpoint)
        call = ask(town, request_)
        await peer.heard(1)
        peer.close()
        again = await when_free(lambda: Played(int(peer.endpoint.rpartition(":")[2])))
        if request_.is_idempotent:
            await again.heard(1)
            again.reply(0, "done")
            assert (await call).text == "done"
            assert town.retried[0] == "peer"
        else:
            assert (await failure(call)).code is ErrorCode.UNAVAILABLE
            assert (town.retried, again.asked) == ([], [])
        again.close()


@REQUESTS
async def test_what_was_never_sent_goes_to_whoever_serves_next(request_: Request) -> None:
    """A request that waits for a connection follows an agent that moves elsewhere."""
    async with Town() as town:
        await town.settle("peer", f"tcp://127.0.0.1:{free_port()}")
        call = ask(town, request_)
        await asyncio.sleep(0)
        peer = Played()
        await town.settle("peer", peer.endpoint)
        await peer.heard(1)
        peer.reply(0, "found")

        assert (await call).text == "found"
        assert town.retried == ["peer"]
        assert len(peer.asked) == 1
        peer.close()


@REQUESTS
@pytest.mark.parametrize("code", list(ErrorCode))
async def test_only_passing_refusals_are_asked_again(request_: Request, code: ErrorCode) -> None:
    """A query that is refused for now is asked again; every other error is the caller's."""
    async with Town() as town:
        peer = Played()
        await town.settle("peer", peer.endpoint)
        call = ask(town, request_)
        await peer.heard(1)
        error(peer, 0, code)
        if request_.is_idempotent and code in (ErrorCode.UNAVAILABLE, ErrorCode.OVERLOADED):
            await peer.heard(2)
            peer.reply(1, "at last")
            assert (await call).text == "at last"
            assert town.retried == ["peer"]
        else:
            assert (await failure(call)).code is code
            assert (len(peer.asked), town.retried) == (1, [])
        peer.close()


async def test_asking_again_ends_before_the_deadline() -> None:
    """A peer that is always overloaded is asked a few times; the last refusal is told."""
    async with Town() as town:
        peer = Played()
        await town.settle("peer", peer.endpoint)
        call = ask(town, Look(), 0.2)
        number = 0
        while not call.done():
            if number < len(peer.asked):
                error(peer, number, ErrorCode.OVERLOADED)
                number += 1
            await asyncio.sleep(0.001)

        # The last refusal, or no reply at all if that came too late.
        assert (await failure(call)).code in (ErrorCode.OVERLOADED, ErrorCode.TIMEOUT)
        assert 1 < len(peer.asked) < 10
        deadlines = {asked["deadline"] for _, asked in peer.asked}
        assert len(deadlines) == 1
        peer.close()


@given(st.integers(0, 10_000))
def test_the_back_off_law(attempt: int) -> None:
    """Pauses double up to the longest, jittered down to a half; never none, never more."""
    first, longest = BACK_OFF_SECONDS
    whole = min(longest, first * math.pow(2, min(attempt, 100)))

    assert whole / 2 <= back_off(attempt) <= whole


async def test_who_has_no_edge_is_told_what_to_add() -> None:
    """A call along no edge is refused before anybody is asked, whatever kind of call it is."""
    facts = AgentFacts(
        name="Caller", slug="caller", module="caller", depends_on=("peer",), calls=("friend",)
    )
    async with Town(facts) as town:
        expected = "caller has no edge to stranger: add it to calls of its target"
        with pytest.raises(ActionError, match=expected) as caught:
            await town.peers.call("stranger", "act", Push(), Text)
        assert caught.value.code is ErrorCode.DENIED
        with pytest.raises(ActionError, match=expected):
            async with town.peers.stream("stranger", "act", Push(), Number):
                raise AssertionError("unreachable")

        peer = Played()
        for slug in ("peer", "friend"):
            await town.settle(slug, peer.endpoint)
            call = asyncio.create_task(town.peers.call(slug, "act", Push(), Text))
            await until(lambda: bool(peer.asked))
            peer.reply(0, slug)
            assert (await call).text == slug
            peer.asked.clear()
        peer.close()


async def test_a_copy_whose_circuit_is_open_is_passed_over() -> None:
    """Of two copies, the one that fails is left alone while its circuit is open."""
    async with Town() as town:
        well, ill = Played(), f"tcp://127.0.0.1:{free_port()}"
        await town.settle("peer", ill, "ill")
        for _ in range(FAILURES):
            assert (await failure(ask(town, Push(), 0.02))).code is ErrorCode.TIMEOUT
        assert town.client.is_open(ill)
        await town.settle("peer", well.endpoint, "well")
        for number in range(20):
            call = ask(town, Push())
            await well.heard(number + 1)
            well.reply(number, "well")
            assert (await call).text == "well"
        well.close()


async def test_an_agent_that_nobody_knows_is_not_found_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call to nobody ends before its deadline; one to an agent that is awaited does not."""
    monkeypatch.setattr(network_peers, "UNKNOWN_SECONDS", 0.05)
    facts = AgentFacts(
        name="Caller", slug="caller", module="caller", depends_on=("awaited",), calls=("*",)
    )
    async with Town(facts) as town:
        with pytest.raises(ActionError, match="no agent 'nobody' is registered") as caught:
            await town.peers.call("nobody", "act", Push(), Text)
        assert caught.value.code is ErrorCode.NOT_FOUND
        with pytest.raises(ActionError, match="awaited is not registered yet") as caught:
            await town.peers.call("awaited", "act", Push(), Text, timeout=0.2)
        assert caught.value.code is ErrorCode.UNAVAILABLE


class Station(Radio, Agent):
    """A radio that is an agent."""

    def __init__(self, context: AgentContext) -> None:
        Agent.__init__(self, context)
        Radio.__init__(self)


async def test_streams_find_their_agent() -> None:
    """A stream is opened by slug, waits for an agent that is starting, and ends with the block."""
    async with Town() as town:
        opening = asyncio.create_task(numbers(town))
        await asyncio.sleep(0)
        town.fleet.start(Station)

        assert await opening == [0, 1, 2]
        station = town.fleet.processes["station"]
        async with asyncio.timeout(SECONDS):
            await station.agent.ended.wait()  # type: ignore[union-attr]  # it is a station, and runs
        await until(lambda: station.report().inflight == 0)


async def numbers(town: Town) -> list[int]:
    """Return the first numbers of a long stream."""
    found: list[int] = []
    async with town.peers.stream("station", "count", Count(to=1000), Number) as stream:
        async for item in stream:
            found.append(item.number)
            if len(found) == 3:
                break
    return found


async def test_one_refusal_of_the_registry_harms_nobody_else() -> None:
    """What waits for a registry goes on waiting when it refuses something else for now."""
    clock = SystemClock()
    client, registry = Client("caller", clock), Played()
    caller = RegistryCaller((registry.endpoint,), client, clock)
    watching = asyncio.create_task(caller.ask("watch_agents", Push(), Text, SECONDS))
    await registry.heard(1)
    for number in range(1, 2 * FAILURES):
        asking = asyncio.create_task(caller.ask("heartbeat", Push(), Text, SECONDS))
        await registry.heard(number + 1)
        error(registry, number, ErrorCode.UNAVAILABLE)
        assert (await failure(asking)).code is ErrorCode.UNAVAILABLE
    registry.reply(0, "news")

    assert (await watching).text == "news"
    client.close()
    registry.close()


async def test_the_directory_is_what_the_registry_knows() -> None:
    """Who asks for it sees every agent, the registry itself among them."""
    async with Town() as town:
        await town.settle("peer", "tcp://127.0.0.1:1")
        await town.known("service_registry")

        assert [found.slug for found in town.peers.directory()] == ["peer", "service_registry"]
