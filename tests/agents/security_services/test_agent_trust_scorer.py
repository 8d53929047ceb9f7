"""Tests of AgentTrustScorer: results, decay and deaths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.security_services.agent_trust_scorer import KEPT_ENTRIES, AgentTrustScorer
from agents.security_services.trust_model import HALF_LIFE_SECONDS, Evidence
from common.contracts.fleet_health import AGENT_HEALTH, AgentHealthChanged
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

SHARE = st.floats(0, 1)
WEIGHT = st.floats(0.1, 10)
RESULTS = st.lists(st.tuples(SHARE, WEIGHT, st.floats(0, 1e6)), max_size=30)


async def test_results_move_the_score() -> None:
    """Successes raise it, failures lower it, and more of them make it surer."""
    async with AgentHarness(AgentTrustScorer) as agent:
        unknown = await agent.call("get_trust_score", agent="responder")
        assert (unknown.score, unknown.known) == (0.5, False)
        good = await agent.call("log_performance", agent="responder", success=True)
        assert good.score == pytest.approx(2 / 3)
        bad = await agent.call("log_performance", agent="responder", success=False, weight=4)
        assert bad.score == pytest.approx(2 / 7)
        for _ in range(50):
            sure = await agent.call("log_performance", agent="responder", success=True)
        assert sure.high - sure.low < good.high - good.low
        assert sure.samples == 52


async def test_old_results_fade() -> None:
    """After long enough a score is back near where nothing is known."""
    async with AgentHarness(AgentTrustScorer) as agent:
        for _ in range(20):
            await agent.call("log_performance", agent="a", success=True)
        before = (await agent.call("get_trust_score", agent="a")).score
        await agent.clock.advance(10 * HALF_LIFE_SECONDS)
        after = (await agent.call("get_trust_score", agent="a")).score

        assert before > 0.9 and 0.5 < after < 0.52


async def test_a_death_lowers_the_score() -> None:
    """Dying counts; stopping in order, coming back and a first sight do not."""
    async with AgentHarness(AgentTrustScorer) as agent:
        await agent.clock.settle()

        def happen(agent_name: str, alive: bool, was_alive: bool | None, **more: Any) -> None:
            event = AgentHealthChanged(
                agent=agent_name, alive=alive, phase="gone", at=1.0, was_alive=was_alive, **more
            )
            agent.peers.happen(AGENT_HEALTH, event)

        happen("dead", False, True)
        happen("stopped", False, True, orderly=True)
        happen("back", True, False)
        happen("never_seen", False, None)
        await agent.clock.settle()

        found = (await agent.call("list_trust_scores")).scores
        assert [(told.agent, told.score < 0.3) for told in found] == [("dead", True)]
        history = await agent.call("get_performance_history", agent="dead")
        assert history.entries[0].task == "died: gone"


async def test_the_history_is_bounded_and_newest_first() -> None:
    """Only the newest results are kept, each with the score after it."""
    async with AgentHarness(AgentTrustScorer) as agent:
        for number in range(KEPT_ENTRIES + 5):
            await agent.call("log_performance", agent="a", success=True, task=str(number))
        found = await agent.call("get_performance_history", agent="a", limit=200)

        assert len(found.entries) == KEPT_ENTRIES
        assert found.entries[0].task == str(KEPT_ENTRIES + 4)
        assert found.entries[0].score > found.entries[-1].score


async def test_scores_outlive_the_process_and_can_be_wiped() -> None:
    """A new process knows what was learnt, until the state is cleared."""
    async with AgentHarness(AgentTrustScorer) as agent:
        await agent.call("log_performance", agent="a", success=True)
        store, clock = agent.store, agent.clock
    async with AgentHarness(AgentTrustScorer, store=store, clock=clock) as agent:
        assert (await agent.call("get_trust_score", agent="a")).known
        await agent.call("clear_state")
        assert not (await agent.call("get_trust_score", agent="a")).known


@given(RESULTS)
def test_a_score_is_a_share_within_its_spread(results: list[tuple[float, float, float]]) -> None:
    """Whatever happened, in whatever order of time."""
    evidence = Evidence()
    for quality, weight, at in results:
        evidence = evidence.with_result(quality, weight, at)
        low, high = evidence.spread
        assert 0.0 <= low <= evidence.score <= high <= 1.0


@given(RESULTS, WEIGHT)
def test_a_success_never_lowers_and_a_failure_never_raises(
    results: list[tuple[float, float, float]], weight: float
) -> None:
    """At the same moment, one result more moves the score its own way."""
    evidence = Evidence()
    for quality, weighed, at in results:
        evidence = evidence.with_result(quality, weighed, at)
    assert evidence.with_result(1.0, weight, evidence.at).score >= evidence.score
    assert evidence.with_result(0.0, weight, evidence.at).score <= evidence.score


@given(RESULTS, st.floats(0, 1e9))
def test_time_only_fades_towards_the_prior(
    results: list[tuple[float, float, float]], seconds: float
) -> None:
    """Nobody grows more or less trusted than by results."""
    evidence = Evidence()
    for quality, weight, at in results:
        evidence = evidence.with_result(quality, weight, at)
    later = evidence.faded(evidence.at + seconds)

    assert abs(later.score - 0.5) <= abs(evidence.score - 0.5) + 1e-9


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("log_performance", {"agent": "", "success": True}, "agent"),
        ("log_performance", {"agent": "a", "success": True, "quality": 2}, "quality"),
        ("log_performance", {"agent": "a", "success": True, "weight": 0}, "weight"),
        ("get_trust_score", {"agent": "a b"}, "agent"),
        ("get_performance_history", {"agent": "a", "limit": 0}, "limit"),
    ],
)
async def test_malformed_requests_name_their_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Nonsense is refused with the field."""
    async with AgentHarness(AgentTrustScorer) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)
        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
