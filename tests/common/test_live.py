"""Fleets of real agents in one process: order, loss, return, restarts, calls between agents."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.actions import AgentDefinitionError
from common.agent import Agent, action
from common.call_context import correlated, current_call
from common.contracts.health import HealthReport
from common.contracts.registry import AgentList, AgentRecord, ListAgents
from common.lifecycle import Phase
from common.messages import ActionError, Done, Empty, ErrorCode, Reply, Request
from common.testing.live import LiveFleet, eventually, running


class Text(Request):
    """Ask with text."""

    text: str = ""
    agent: str = "alpha"
    timeout: float = 5.0


class Answer(Reply):
    """Answer with text."""

    text: str
    correlation_id: str = ""


class Alpha(Agent):
    """Depend on nobody."""

    async def start(self) -> None:
        """Make what the test waits for."""
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()

    @action
    async def echo(self, request: Text) -> Answer:
        """Send the text back."""
        call = current_call()
        return Answer(text=request.text, correlation_id=call.correlation_id if call else "")

    @action
    async def wait(self, request: Text) -> Answer:
        """Answer when the test says so."""
        self.entered.set()
        await self.gate.wait()
        return Answer(text="waited")


class Beta(Agent):
    """Depend on alpha."""

    @action
    async def relay(self, request: Text) -> Answer:
        """Ask alpha."""
        return await self.peers.call(
            request.agent, "echo", request, Answer, timeout=request.timeout
        )

    @action
    async def relay_wait(self, request: Text) -> Answer:
        """Ask alpha for what takes long."""
        return await self.peers.call("alpha", "wait", request, Answer, timeout=60)


class Gamma(Agent):
    """Depend on beta."""

    async def start(self) -> None:
        """Call a dependency: it is ready by now."""
        reply = await self.peers.call("beta", "relay", Text(text="ready"), Answer)
        await self.store.put("seen", "beta", {"text": reply.text})

    @action
    async def seen(self, request: Empty) -> Answer:
        """Tell what beta said at the start."""
        document = await self.store.get("seen", "beta")
        return Answer(text=str(document and document["text"]))


DEPENDS: dict[str, tuple[type[Agent], tuple[str, ...]]] = {
    "registry": (ServiceRegistry, ()),
    "alpha": (Alpha, ("service_registry",)),
    "beta": (Beta, ("alpha",)),
    "gamma": (Gamma, ("beta",)),
}


@pytest.mark.parametrize(
    "order",
    ["registry alpha beta gamma", "gamma beta alpha registry", "beta registry gamma alpha"],
)
async def test_any_order_becomes_ready(order: str) -> None:
    """Agents started in any order all become ready, each after its dependencies."""
    async with LiveFleet() as fleet:
        for name in order.split():
            agent, depends_on = DEPENDS[name]
            fleet.start(agent, depends_on=depends_on)
            await asyncio.sleep(0)
        await fleet.ready()

        assert (await fleet.peers.call("gamma", "seen", Empty(), Answer)).text == "ready"


async def test_waiting_agent_says_for_whom() -> None:
    """Without its dependency an agent waits, answers health, and refuses its own actions."""
    async with LiveFleet() as fleet:
        fleet.start(ServiceRegistry)
        beta = fleet.start(Beta, depends_on=("alpha",))
        await beta.status.reached(Phase.WAITING)
        assert beta.report().waiting_for == ("alpha",)

        with pytest.raises(ActionError) as caught:
            await fleet.peers.call("beta", "relay", Text(), Answer, timeout=0.2)
        assert caught.value.code == ErrorCode.UNAVAILABLE


async def test_lost_dependency_degrades_until_it_is_back() -> None:
    """A dependency that goes away degrades its dependent; its return, elsewhere, mends it."""
    async with running(ServiceRegistry, Alpha) as fleet:
        beta = fleet.start(Beta, depends_on=("alpha",))
        await fleet.ready("beta")
        await fleet.stop("alpha")
        await beta.status.reached(Phase.DEGRADED)
        assert (beta.report().status, beta.report().lost) == ("degraded", ("alpha",))
        fleet.start(Alpha)
        await beta.status.reached(Phase.READY)

        reply = await fleet.peers.call("beta", "relay", Text(text="again"), Answer)
        assert reply.text == "again"


async def test_crashed_agent_is_seen_by_its_lease() -> None:
    """An agent that dies without a word is lost when its lease ends; who waits for it is told."""
    async with running(ServiceRegistry, Alpha) as fleet:
        beta = fleet.start(Beta, depends_on=("alpha",))
        await fleet.ready("beta")
        waiting = asyncio.create_task(fleet.peers.call("alpha", "wait", Text(), Answer, timeout=60))
        await agent_of(fleet, "alpha").entered.wait()
        await fleet.kill("alpha")
        await beta.status.reached(Phase.DEGRADED)

        with pytest.raises(ActionError) as caught:
            await waiting
        assert caught.value.code == ErrorCode.UNAVAILABLE


async def test_registry_restart_is_survived() -> None:
    """Without the registry calls go on; an empty new registry hears of everybody again."""
    async with running(ServiceRegistry, Alpha, Beta) as fleet:
        await fleet.peers.call("beta", "relay", Text(text="warm"), Answer)
        await fleet.kill("service_registry")
        reply = await fleet.peers.call("beta", "relay", Text(text="without"), Answer)
        assert reply.text == "without"

        fleet.start(ServiceRegistry)
        await fleet.ready("service_registry")

        async def all_are_registered() -> bool:
            return len(await registered(fleet)) == 3

        await eventually(all_are_registered)
        phases = {fleet.processes[slug].status.phase for slug in ("alpha", "beta")}
        assert {Phase.READY} == phases


async def registered(fleet: LiveFleet) -> tuple[AgentRecord, ...]:
    """Return what the registry itself knows."""
    return (
        await fleet.peers.call("service_registry", "list_agents", ListAgents(), AgentList)
    ).agents


def agent_of(fleet: LiveFleet, slug: str) -> Any:
    """Return the agent object of a running process."""
    return fleet.processes[slug].agent


async def test_unknown_peer_is_not_found() -> None:
    """A peer that nobody has heard of is NOT_FOUND, well before a long timeout."""
    async with running(ServiceRegistry, Beta) as fleet:
        with pytest.raises(ActionError) as caught:
            await fleet.peers.call("beta", "relay", Text(agent="nobody", timeout=30), Answer)

    assert caught.value.code == ErrorCode.NOT_FOUND
    assert caught.value.message == "no agent 'nobody' is registered"


async def test_call_waits_for_a_peer_that_is_starting() -> None:
    """A call to an agent that registers a moment later is answered."""
    async with running(ServiceRegistry) as fleet:
        call = asyncio.create_task(fleet.peers.call("alpha", "echo", Text(text="soon"), Answer))
        await asyncio.sleep(0)
        fleet.start(Alpha)

        assert (await call).text == "soon"


async def test_deadline_is_inherited() -> None:
    """A call made for another lasts no longer than that other, whatever it asks for."""
    async with running(ServiceRegistry, Alpha, Beta) as fleet:
        with pytest.raises(ActionError) as caught:
            await fleet.peers.call("beta", "relay_wait", Text(), Answer, timeout=0.2)
        await agent_of(fleet, "alpha").entered.wait()

        async def alpha_is_idle() -> bool:
            return fleet.processes["alpha"].report().inflight == 0

        await eventually(alpha_is_idle)

    assert caught.value.code == ErrorCode.TIMEOUT


async def test_correlation_id_travels() -> None:
    """The correlation id of the first call is that of every call made for it."""
    async with running(ServiceRegistry, Alpha, Beta) as fleet:
        with correlated("corr-1"):
            reply = await fleet.peers.call("beta", "relay", Text(), Answer)

    assert reply.correlation_id == "corr-1"


async def test_wrong_reply_type_is_malformed() -> None:
    """A reply that the caller cannot read is MALFORMED, with the field."""
    async with running(ServiceRegistry, Alpha) as fleet:
        with pytest.raises(ActionError) as caught:
            await fleet.peers.call("alpha", "echo", Text(), HealthReport)

    assert caught.value.code == ErrorCode.MALFORMED


async def test_drain_finishes_what_runs() -> None:
    """A stopping agent answers what it began, then exits 0."""
    async with running(ServiceRegistry, Alpha) as fleet:
        waiting = asyncio.create_task(fleet.peers.call("alpha", "wait", Text(), Answer, timeout=60))
        alpha, process = agent_of(fleet, "alpha"), fleet.processes["alpha"]
        await alpha.entered.wait()
        stopping = asyncio.create_task(fleet.stop("alpha"))
        await process.status.reached(Phase.DRAINING)
        alpha.gate.set()

        assert await stopping == 0
        assert (await waiting).text == "waited"


async def test_restart_action_exits_75() -> None:
    """The base action restart answers, drains and asks the supervisor for a new process."""
    async with running(ServiceRegistry, Alpha) as fleet:
        await fleet.peers.call("alpha", "restart", Empty(), Done)

        assert await fleet.exit_code("alpha") == 75


async def test_clear_state_wipes_documents_and_files(tmp_path: Path) -> None:
    """The base action clear_state leaves nothing of the agent's own."""
    async with running(ServiceRegistry, Alpha, state=tmp_path) as fleet:
        alpha = agent_of(fleet, "alpha")
        await alpha.store.put("notes", "a", {})
        (alpha.state_directory / "folder").mkdir()
        (alpha.state_directory / "file").write_text("x")
        cleared = await fleet.processes["alpha"].clear_state()

        assert cleared == 1
        assert await alpha.store.scan("notes") == ()
        assert list(alpha.state_directory.iterdir()) == []


class Broken(Agent):
    """Fail to start."""

    async def start(self) -> None:
        """Have a fault."""
        raise RuntimeError("no disk")


async def test_failed_start_exits_1(caplog: pytest.LogCaptureFixture) -> None:
    """An agent whose start fails leaves with exit code 1 and the reason in the log."""
    async with running(ServiceRegistry) as fleet:
        fleet.start(Broken)

        assert await fleet.exit_code("broken") == 1
    assert "no disk" in caplog.text


class Fragile(Agent):
    """Run a task that dies."""

    async def start(self) -> None:
        """Begin the task."""
        self.gate = asyncio.Event()
        self.spawn(self.die(), "pump")

    async def die(self) -> None:
        """Fail when the test says so."""
        await self.gate.wait()
        raise RuntimeError("pump broke")


async def test_dead_background_task_degrades() -> None:
    """An agent whose background task had a fault is degraded and names the task."""
    async with running(ServiceRegistry, Fragile) as fleet:
        process = fleet.processes["fragile"]
        agent_of(fleet, "fragile").gate.set()
        await process.status.reached(Phase.DEGRADED)

        assert process.report().lost == ("task pump",)


async def test_facts_must_name_the_actions_of_the_class() -> None:
    """Facts that state other actions than the class declares are refused, each by name."""
    async with LiveFleet() as fleet:
        with pytest.raises(AgentDefinitionError) as caught:
            fleet.start(Alpha, actions=("echo", "sing", "ping"))

    assert "stated in the facts but not declared: sing" in str(caught.value)
    assert "declared but not stated in the facts: wait" in str(caught.value)


async def test_all_agents_share_one_context() -> None:
    """However many agents a process has, ZeroMQ has one context, so two threads."""
    before = threading.active_count()
    zmq_threads = {task.name for task in Path("/proc/self/task").iterdir()}
    async with running(ServiceRegistry, Alpha, Beta, Gamma) as fleet:
        await fleet.ready()
        after = {task.name for task in Path("/proc/self/task").iterdir()}

        assert before == threading.active_count()
        assert len(after - zmq_threads) <= 2


class Careful(Agent):
    """Note which hooks ran."""

    ran: tuple[str, ...] = ()

    async def start(self) -> None:
        """Note it."""
        self.ran += ("start",)

    async def drain(self) -> None:
        """Note it."""
        self.ran += ("drain",)

    async def stop(self) -> None:
        """Note it, and fail: the process still ends well."""
        self.ran += ("stop",)
        raise RuntimeError("cannot let go")


@pytest.mark.parametrize(
    ("depends_on", "ran"), [((), ("start", "drain", "stop")), (("nobody",), ())]
)
async def test_hooks_run_only_after_start(
    depends_on: tuple[str, ...], ran: tuple[str, ...]
) -> None:
    """Drain and stop are called once each for an agent that started, never for one that waits."""
    async with running(ServiceRegistry) as fleet:
        process = fleet.start(Careful, depends_on=depends_on)
        await process.status.reached(Phase.WAITING if depends_on else Phase.READY)
        careful = agent_of(fleet, "careful")

        assert await fleet.stop("careful") == 0
        assert careful.ran == ran


async def test_unusable_state_place_exits_1(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A state file that cannot be used is told by its variable, without a traceback."""
    (tmp_path / "alpha.db").mkdir()
    async with LiveFleet(tmp_path) as fleet:
        fleet.start(Alpha)

        assert await fleet.exit_code("alpha") == 1
    assert "STATE_URL: expected a usable file, found" in caplog.text
    assert "Traceback" not in caplog.text
