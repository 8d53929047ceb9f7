"""An agent dies: who watches notices, it comes back, and it is trusted less."""

from __future__ import annotations

from pathlib import Path

from common.contracts.fleet_health import AgentHealth, FleetStatus
from common.contracts.trust import TrustQuery, TrustScore
from common.messages import Query
from common.testing.live import eventually
from fleet.testing.household import Household, household

VICTIM = "performance_monitor"
AGENTS = ("performance_logger_agent", VICTIM, "health_monitor", "agent_trust_scorer")
QUICK = {
    "HEALTH_MONITOR__POLL_SECONDS": "0.3",
    "HEALTH_MONITOR__LOOK_SECONDS": "0.1",
    "HEALTH_MONITOR__GRACE_SECONDS": "0",
}


async def health(home: Household) -> AgentHealth | None:
    """Return what the health monitor knows of the victim."""
    status = await home.call("health_monitor", "get_status", Query(), FleetStatus)
    return next((one for one in status.agents if one.agent == VICTIM), None)


async def trust(home: Household) -> TrustScore:
    """Return how far the victim is trusted."""
    wanted = TrustQuery(agent=VICTIM)
    return await home.call("agent_trust_scorer", "get_trust_score", wanted, TrustScore)


async def test_a_death_is_noticed_recovered_from_and_remembered(tmp_path: Path) -> None:
    """The health monitor knows of death and return, and the trust score falls."""
    async with household(tmp_path, *AGENTS, environ=QUICK) as home:

        async def lives() -> bool:
            found = await health(home)
            return found is not None and found.alive

        async def is_dead() -> bool:
            found = await health(home)
            return found is not None and not found.alive

        async def is_known() -> bool:
            return (await trust(home)).samples > before.samples

        await eventually(lives)
        before = await trust(home)
        await home.kill(VICTIM)
        await eventually(is_dead, seconds=20)
        await home.start(VICTIM)
        await eventually(lives, seconds=20)
        await eventually(is_known)

        assert (await trust(home)).score < before.score
        found = await health(home)
        assert found is not None and (found.deaths, found.orderly) == (1, False)
