"""Tests of the watch over the memory services."""

from __future__ import annotations

from agents.security_services.system_health_manager import Service, SystemHealthManager
from common.contracts.fleet_health import AGENT_HEALTH, RECOVERIES, AgentHealthChanged
from common.contracts.health import Pong
from common.contracts.recovery import AgentOrder, RestartStarted
from common.messages import ErrorCode
from common.testing import AgentHarness

MEMORY = "memory_orchestrator_service"
HUB = "observability_hub"


def let_answer(agent: AgentHarness[SystemHealthManager]) -> None:
    """Let the memory service answer."""
    agent.peers.answer(MEMORY, "ping", lambda request: Pong(agent=MEMORY, instance=MEMORY))


async def test_a_service_that_answers_is_healthy_and_left_alone() -> None:
    """Nothing is restarted that works."""
    async with AgentHarness(SystemHealthManager) as agent:
        let_answer(agent)
        await agent.clock.advance(30)
        status = await agent.call("get_system_status")

        assert status.status is Service.HEALTHY and status.recoveries == ()
        assert agent.peers.calls_of(HUB, "restart_agent") == ()


async def test_a_service_that_hangs_is_restarted_and_told_when_it_is_back() -> None:
    """After three silent rounds the hub is asked; the return is an event, too."""
    async with AgentHarness(SystemHealthManager) as agent:
        agent.peers.fail(MEMORY, "ping", ErrorCode.TIMEOUT, "no answer")
        agent.peers.answer(
            HUB, "restart_agent", lambda request: RestartStarted(restart_id="r", order=((MEMORY,),))
        )
        for _ in range(3):
            await agent.clock.advance(5)
        assert agent.peers.calls_of(HUB, "restart_agent") == (AgentOrder(agent=MEMORY),)
        let_answer(agent)
        await agent.clock.advance(5)

        told = agent.published(RECOVERIES)
        assert [each.succeeded for each in told] == [False, True]
        assert (await agent.call("get_system_status")).status is Service.HEALTHY


async def test_restarts_of_a_service_that_stays_silent_become_rare() -> None:
    """Each attempt waits twice as long as the one before."""
    async with AgentHarness(SystemHealthManager) as agent:
        agent.peers.fail(MEMORY, "ping", ErrorCode.TIMEOUT, "no answer")
        agent.peers.fail(HUB, "restart_agent", ErrorCode.UNAVAILABLE, "away")
        for _ in range(60):
            await agent.clock.advance(5)

        attempts = [each.attempt for each in agent.published(RECOVERIES)]
        assert attempts == [1, 2, 3, 4, 5]


async def test_a_service_that_is_gone_is_left_to_its_supervisor() -> None:
    """A process that ended cannot be asked to restart."""
    async with AgentHarness(SystemHealthManager) as agent:
        agent.peers.fail(MEMORY, "ping", ErrorCode.NOT_FOUND, "nobody")
        for _ in range(10):
            await agent.clock.advance(5)

        assert (await agent.call("get_system_status")).status is Service.DOWN
        assert agent.peers.calls_of(HUB, "restart_agent") == ()


async def test_who_else_is_down_is_known_from_the_health_monitor() -> None:
    """An agent that stopped because it was told to is not down."""
    async with AgentHarness(SystemHealthManager) as agent:
        await agent.clock.settle()
        for slug, alive, orderly in (("a", False, False), ("b", False, True), ("c", True, False)):
            told = AgentHealthChanged(agent=slug, alive=alive, phase="x", at=1.0, orderly=orderly)
            agent.peers.happen(AGENT_HEALTH, told)
        await agent.clock.settle()

        assert (await agent.call("get_system_status")).down == ("a",)
