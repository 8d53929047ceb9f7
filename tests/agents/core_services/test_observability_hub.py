"""Tests of ObservabilityHub: looking at health ports, judging, federating and restarting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core_services.anomalies import LEAST_HISTORY, Watch, judge, modified_z_score
from agents.core_services.exposition import federated, samples
from agents.core_services.observability_hub import SCRAPE_SECONDS, ObservabilityHub
from agents.core_services.restart_order import RestartOrderError, dependencies_of, levels
from agents.core_services.restarts import BACK_SECONDS
from common.contracts.health import Cleared, HealthReport
from common.contracts.registry import AgentRecord
from common.http_fetch import FetchError, fetch
from common.lifecycle import Phase
from common.messages import ActionError, Done, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[ObservabilityHub]

NUMBERS = st.floats(min_value=-1e6, max_value=1e6)
HISTORIES = st.lists(NUMBERS, min_size=LEAST_HISTORY, max_size=40)
# Edges only from later to earlier letters: no circle is possible.
GRAPHS = st.fixed_dictionaries(
    {
        letter: st.lists(st.sampled_from("abcdefgh"[:number]), max_size=3).map(tuple)
        if number
        else st.just(())
        for number, letter in enumerate("abcdefgh")
    }
)


class HealthPort:
    """Answer like the health port of an agent; a test sets what it says."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.phase = Phase.READY
        self.requests = self.errors = 0
        self.seconds = 0.0
        self.url = ""

    def work(self, requests: int, *, errors: int = 0, latency: float = 0.01) -> None:
        """Count requests as an agent would."""
        self.requests += requests
        self.errors += errors
        self.seconds += requests * latency

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        status = b"200 OK" if self.phase.is_serving else b"503 Service Unavailable"
        body = self._ready() if path == b"/readyz" else self._metrics()
        head = b"HTTP/1.1 " + (status if path == b"/readyz" else b"200 OK")
        writer.write(head + b"\r\nContent-Type: text/plain\r\n\r\n" + body.encode())
        await writer.drain()
        writer.close()

    def record(self, *depends_on: str, since: float = 1.0) -> AgentRecord:
        """Return the record of the registry."""
        return AgentRecord(
            slug=self.slug,
            instance=self.slug,
            endpoint="tcp://127.0.0.1:1",
            health_endpoint=self.url or "http://127.0.0.1:1",
            phase=self.phase,
            machine="mainpc",
            group="g",
            since=since,
            depends_on=depends_on,
        )

    def _ready(self) -> str:
        report = HealthReport(
            status="ok",
            agent=self.slug,
            instance=self.slug,
            phase=self.phase,
            waiting_for=("memory_client",) if self.phase is Phase.WAITING else (),
            lost=(),
            uptime_seconds=1.0,
            inflight=0,
        )
        return report.model_dump_json()

    def _metrics(self) -> str:
        good = self.requests - self.errors
        labels = f'agent="{self.slug}",action="analyze"'
        return (
            "# HELP agent_request_count_total Requests\n"
            "# TYPE agent_request_count_total counter\n"
            f'agent_request_count_total{{{labels},status="success"}} {good}\n'
            f'agent_request_count_total{{{labels},status="internal"}} {self.errors}\n'
            "# TYPE agent_request_duration histogram\n"
            f"agent_request_duration_sum{{{labels}}} {self.seconds}\n"
            f"agent_request_duration_count{{{labels}}} {self.requests}\n"
            f'agent_request_duration_sum{{agent="{self.slug}",action="get_result"}} 1e6\n'
            f'agent_resident_memory_bytes{{agent="{self.slug}"}} 1048576.0\n'
        )


@asynccontextmanager
async def health_port(slug: str) -> AsyncIterator[HealthPort]:
    """Run a health port on a free port."""
    port = HealthPort(slug)
    server = await asyncio.start_server(port.answer, "127.0.0.1", 0)
    port.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield port
    finally:
        server.close()


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[str]:
    """Run a server that answers anything with these bytes; nothing at all when they are empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()
        else:
            await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    finally:
        server.close()


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> None:
    """Check code and field of the error that an action answers."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)


def supervised(agent: Harness, *ports: HealthPort) -> None:
    """Let every agent come back one second after it was told to restart."""
    for port in ports:

        def restart(request: Any, port: HealthPort = port) -> Done:
            old = next(found for found in agent.peers.directory() if found.slug == port.slug)
            agent.peers.know(old.model_copy(update={"since": agent.clock.now() + 1}))
            return Done()

        agent.peers.answer(port.slug, "restart", restart)


async def test_a_scrape_measures_rates_since_the_one_before() -> None:
    """Error rate and latency are those of the interval, waiting actions do not count."""
    async with health_port("nlu_agent") as port, AgentHarness(ObservabilityHub) as agent:
        await agent.clock.settle()  # the first look of the hub itself
        agent.peers.know(port.record())
        port.work(100, errors=0, latency=1.0)
        await agent.call("scrape_now")
        port.work(10, errors=5, latency=0.2)
        summary = await agent.call("scrape_now")

        (point,) = summary.agents
        assert (summary.status, summary.up, summary.down) == ("healthy", 1, 0)
        assert (point.requests, point.error_rate) == (10, 0.5)
        assert point.latency_seconds == pytest.approx(0.2)
        assert point.memory_bytes == 1_048_576
        assert (await agent.call("get_health_summary")) == summary
        assert summary.scraped_at == agent.clock.now()


async def test_counters_begin_anew_with_a_new_process() -> None:
    """After a restart of the agent its few requests are not taken for a step back."""
    async with health_port("nlu_agent") as port, AgentHarness(ObservabilityHub) as agent:
        await agent.clock.settle()  # the first look of the hub itself
        agent.peers.know(port.record())
        port.work(100)
        await agent.call("scrape_now")
        port.requests, port.seconds = 3, 0.3
        agent.peers.know(port.record(since=2.0))
        (point,) = (await agent.call("scrape_now")).agents
        assert (point.requests, point.latency_seconds) == (3, pytest.approx(0.1))


async def test_agents_that_are_down_or_wait_are_told_apart() -> None:
    """An unreachable agent and one that waits are both down, each with its reason."""
    async with (
        health_port("nlu_agent") as good,
        health_port("responder") as waits,
        AgentHarness(ObservabilityHub) as agent,
    ):
        waits.phase = Phase.WAITING
        agent.peers.know(good.record(), waits.record(), HealthPort("dead").record())
        summary = await agent.call("scrape_now")
        points = {point.agent: point for point in summary.agents}

        assert (summary.status, summary.up, summary.down) == ("unhealthy", 1, 2)
        assert points["dead"].phase == "unreachable"
        assert "waiting for ['memory_client']" in points["responder"].problem
        found = (await agent.call("get_anomalies")).anomalies
        assert [anomaly.measure for anomaly in found] == ["down", "down"]
        await agent.call("scrape_now")
        assert len((await agent.call("get_anomalies")).anomalies) == 2


async def test_a_rise_out_of_line_is_an_anomaly() -> None:
    """After a quiet history a burst of errors and slowness is flagged for that agent."""
    async with health_port("nlu_agent") as port, AgentHarness(ObservabilityHub) as agent:
        agent.peers.know(port.record())
        for _ in range(LEAST_HISTORY + 2):
            port.work(100, errors=1)
            await agent.call("scrape_now")
            await agent.clock.advance(1)
        assert (await agent.call("get_anomalies")).anomalies == ()
        port.work(100, errors=60, latency=0.5)
        await agent.call("scrape_now")

        found = (await agent.call("get_anomalies", agent="NLUAgent")).anomalies
        assert {anomaly.measure for anomaly in found} == {"error_rate", "latency_seconds"}
        assert all(anomaly.score > 3.5 for anomaly in found)
        assert (await agent.call("get_anomalies", agent="other")).anomalies == ()
        assert (await agent.call("get_anomalies", since=agent.clock.now() + 1)).anomalies == ()


async def test_the_history_that_judges_survives_a_restart() -> None:
    """A new process of the hub flags what is odd against what the old one saw."""
    async with health_port("nlu_agent") as port:
        async with AgentHarness(ObservabilityHub) as agent:
            agent.peers.know(port.record())
            for _ in range(LEAST_HISTORY + 1):
                port.work(10)
                await agent.call("scrape_now")
                await agent.clock.advance(1)
            store, peers, clock = agent.store, agent.peers, agent.clock
        harness = AgentHarness(ObservabilityHub, store=store, peers=peers, clock=clock)
        async with harness as agent:
            port.work(1_000, errors=900)
            await agent.call("scrape_now")
            (found,) = (await agent.call("get_anomalies")).anomalies
            assert found.measure == "error_rate"


async def test_the_hub_looks_by_itself() -> None:
    """Points come at every interval, newest first, and are limited."""
    async with health_port("nlu_agent") as port, AgentHarness(ObservabilityHub) as agent:
        agent.peers.know(port.record())
        await agent.call("scrape_now")
        first = agent.clock.now()
        await agent.clock.advance(SCRAPE_SECONDS)
        await agent.call("scrape_now")
        series = await agent.call("get_time_series", agent="nlu_agent", limit=1)
        assert [point.at for point in series.points] == [first + SCRAPE_SECONDS]
        await assert_fails(agent, ErrorCode.INVALID, "agent", "get_time_series")


async def test_the_federation_names_every_instance() -> None:
    """One text has the samples of all agents, each family with one header, and who is up."""
    async with (
        health_port("nlu_agent") as one,
        health_port("responder") as two,
        AgentHarness(ObservabilityHub) as agent,
    ):
        agent.peers.know(one.record(), two.record())
        one.work(3)
        await agent.call("scrape_now")
        text = (await agent.call("get_metrics_text")).text

        assert text.count("# TYPE agent_request_count_total counter") == 1
        found = {
            sample.labels["instance"]: sample.value
            for sample in samples(text)
            if sample.labels.get("status") == "success"
        }
        assert found == {"nlu_agent": 3, "responder": 0}
        assert 'fleet_agent_up{agent="responder",instance="responder"} 1' in text


async def test_one_agent_is_restarted() -> None:
    """The agent gets the base action, by slug or name, and is seen coming back."""
    async with AgentHarness(ObservabilityHub) as agent:
        port = HealthPort("nlu_agent")
        agent.peers.know(port.record())
        supervised(agent, port)
        started = await agent.call("restart_agent", agent="NLUAgent")
        await agent.clock.advance(1)

        (restart,) = (await agent.call("get_restarts")).restarts
        assert started.order == (("nlu_agent",),)
        assert restart.restart_id == started.restart_id
        assert [step.state for step in restart.steps] == ["back"]
        assert (restart.finished_at is not None, restart.problem) == (True, "")
        assert len(agent.peers.calls_of("nlu_agent", "restart")) == 1


async def test_everything_is_restarted_from_the_bottom_up() -> None:
    """Dependencies come before what depends on them; the hub leaves itself out."""
    async with AgentHarness(ObservabilityHub) as agent:
        ports = [HealthPort(slug) for slug in ("registry", "twin", "nlu", "observability_hub")]
        registry, twin, nlu, hub = ports
        agent.peers.know(
            registry.record(), twin.record("registry"), nlu.record("twin"), hub.record("twin")
        )
        supervised(agent, *ports)
        started = await agent.call("restart_all_agents")
        await agent.clock.advance(10)

        assert started.order == (("registry",), ("twin",), ("nlu",))
        called = [call.agent for call in agent.peers.calls if call.action == "restart"]
        assert called == ["registry", "twin", "nlu"]


async def test_dependencies_are_restarted_without_the_agent() -> None:
    """Everything below an agent restarts, also what it needs through others."""
    async with AgentHarness(ObservabilityHub) as agent:
        registry, twin, nlu, other = map(HealthPort, ("registry", "twin", "nlu", "other"))
        agent.peers.know(
            registry.record(), twin.record("registry"), nlu.record("twin"), other.record()
        )
        supervised(agent, registry, twin, nlu, other)
        started = await agent.call("restart_dependencies", agent="nlu")
        assert started.order == (("registry",), ("twin",))
        await assert_fails(
            agent, ErrorCode.NOT_FOUND, "agent", "restart_dependencies", agent="registry"
        )


async def test_a_restart_stops_where_an_agent_does_not_come_back() -> None:
    """When a dependency stays away, what depends on it is left running, and that is told."""
    async with AgentHarness(ObservabilityHub) as agent:
        twin, nlu, dead = map(HealthPort, ("twin", "nlu", "dead"))
        agent.peers.know(twin.record(), nlu.record("twin"), dead.record())
        agent.peers.answer("twin", "restart", lambda request: Done())
        await agent.call("restart_all_agents")
        await agent.clock.advance(BACK_SECONDS + 1)

        (restart,) = (await agent.call("get_restarts")).restarts
        states = {step.agent: step.state for step in restart.steps}
        assert states == {"twin": "late", "dead": "refused", "nlu": "waiting"}
        assert restart.problem == "ended because of dead, twin"
        assert agent.peers.calls_of("nlu", "restart") == ()


async def test_a_restart_that_the_hub_did_not_survive_is_closed() -> None:
    """A new process of the hub does not leave an old restart open."""
    async with AgentHarness(ObservabilityHub) as agent:
        agent.peers.know(HealthPort("twin").record())
        await agent.call("restart_agent", agent="twin")
        store = agent.store
    async with AgentHarness(ObservabilityHub, store=store) as agent:
        (restart,) = (await agent.call("get_restarts")).restarts
        assert restart.problem == "cut off by a stop of this agent"


async def test_state_is_cleared_by_the_agent_itself() -> None:
    """The base action of the target is called, and its count is handed on."""
    async with AgentHarness(ObservabilityHub) as agent:
        agent.peers.know(HealthPort("cache_manager").record())
        agent.peers.answer("cache_manager", "clear_state", lambda request: Cleared(documents=7))
        cleared = await agent.call("clear_agent_state", agent="CacheManager")
        assert (cleared.agent, cleared.documents) == ("cache_manager", 7)


async def test_dependencies_in_a_circle_are_refused() -> None:
    """A fleet whose dependencies go in a circle has no order to restart in."""
    async with AgentHarness(ObservabilityHub) as agent:
        agent.peers.know(HealthPort("a").record("b"), HealthPort("b").record("a"))
        await assert_fails(agent, ErrorCode.CONFLICT, None, "restart_all_agents")


@pytest.mark.parametrize("action", ["restart_agent", "restart_dependencies", "clear_agent_state"])
async def test_an_agent_that_nobody_knows_is_not_found(action: str) -> None:
    """Only agents of the directory are acted on."""
    async with AgentHarness(ObservabilityHub) as agent:
        await assert_fails(agent, ErrorCode.NOT_FOUND, "agent", action, agent="nobody")


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("restart_agent", {}, "agent"),
        ("restart_all_agents", {"agent": "a"}, "agent"),
        ("restart_dependencies", {"agent": "a b"}, "agent"),
        ("clear_agent_state", {"agent": 1}, "agent"),
        ("get_restarts", {"limit": 0}, "limit"),
        ("get_health_summary", {"agent": "a"}, "agent"),
        ("get_anomalies", {"since": -1}, "since"),
        ("get_time_series", {"agent": "a", "limit": 1_001}, "limit"),
        ("get_metrics_text", {"format": "json"}, "format"),
        ("scrape_now", {"agent": "a"}, "agent"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(ObservabilityHub) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "no answer within"),
        (b"220 mail ready\r\n\r\n", "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200, "larger than 100 bytes"),
    ],
)
async def test_a_fetch_is_bounded_in_time_and_size(answer: bytes, told: str) -> None:
    """A server that hangs, babbles or floods is told by name."""
    async with raw_server(answer) as url:
        with pytest.raises(FetchError, match=told):
            await fetch(url, timeout=5.0 if answer else 0.1, max_bytes=100)


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "nonsense", "http://127.0.0.1:1/x"])
async def test_a_fetch_of_an_unusable_url_fails(url: str) -> None:
    """Only http URLs that something listens on give an answer."""
    with pytest.raises(FetchError, match=url):
        await fetch(url)


@settings(deadline=None)
@given(HISTORIES, NUMBERS, NUMBERS)
def test_a_higher_value_never_scores_lower(
    history: list[float], value: float, other: float
) -> None:
    """The score grows with the value, and that of the median itself is zero."""
    low, high = sorted((value, other))
    assert modified_z_score(low, history) <= modified_z_score(high, history)


@settings(deadline=None)
@given(HISTORIES)
def test_the_largest_of_an_even_history_is_in_line(history: list[float]) -> None:
    """A value that is not above the median is never an anomaly."""
    watch = Watch("x", least_rise=0.0)
    assert judge(watch, min(history), history) is None
    assert judge(watch, max(history), history[: LEAST_HISTORY - 1]) is None


@settings(deadline=None)
@given(GRAPHS)
def test_restart_levels_put_dependencies_first(graph: dict[str, tuple[str, ...]]) -> None:
    """Every agent is in one level, after the levels of all that it depends on."""
    order = levels(graph, graph)
    place = {agent: number for number, level in enumerate(order) for agent in level}
    assert sorted(place) == sorted(graph) == sorted(agent for level in order for agent in level)
    for agent in graph:
        assert all(place[each] < place[agent] for each in dependencies_of(agent, graph))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.floats(0, 1e6), max_size=4)))
def test_federation_loses_no_sample(values: dict[str, list[float]]) -> None:
    """The federated text has every sample of every instance, and nothing else."""
    texts = {
        instance: "\n".join(f'm{{n="{n}"}} {value!r}' for n, value in enumerate(found))
        for instance, found in values.items()
    }
    found = {
        (sample.labels["instance"], int(sample.labels["n"])): sample.value
        for sample in samples(federated(texts))
    }
    assert found == {
        (instance, n): value for instance, each in values.items() for n, value in enumerate(each)
    }


def test_a_circle_names_its_agents() -> None:
    """The error of a circle shows the way round."""
    with pytest.raises(RestartOrderError, match="circle"):
        levels("ab", {"a": ("b",), "b": ("a",)})
