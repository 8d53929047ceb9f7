"""Tests of the journals of measurements and evaluations."""

from __future__ import annotations

from agents.learning_knowledge.model_evaluation_framework import ModelEvaluationFramework
from common.testing import AgentHarness


async def test_scores_are_recorded_and_show_how_a_model_came_on() -> None:
    """The standing has first, last and best, and outlives the process."""
    async with AgentHarness(ModelEvaluationFramework) as agent:
        for score in (0.4, 0.9, 0.8):
            await agent.call("log_model_evaluation", model="m", score=score, cycle_id="c")
        await agent.call("log_model_evaluation", model="other", score=0.1)
        store = agent.store
    async with AgentHarness(ModelEvaluationFramework, store=store) as agent:
        found = await agent.call("get_model_evaluation_scores", model="m", limit=2)
        everything = await agent.call("get_model_evaluation_scores")
    (standing,) = found.standings
    assert [one.score for one in found.evaluations] == [0.8, 0.9]
    assert (standing.first, standing.last, standing.best, standing.count) == (0.4, 0.8, 0.9, 3)
    assert [one.model for one in everything.standings] == ["m", "other"]


async def test_metrics_add_up_by_name() -> None:
    """Only the subject's count, and only since the time that was asked for."""
    async with AgentHarness(ModelEvaluationFramework) as agent:
        for value in (1.0, 3.0):
            fields = {"subject": "responder", "metric": "latency", "value": value}
            await agent.call("log_performance_metric", **fields)
        await agent.call("log_performance_metric", subject="nlu_agent", metric="latency", value=9)
        now = agent.clock.now()
        found = await agent.call("get_performance_metrics", subject="responder")
        later = await agent.call("get_performance_metrics", subject="responder", since=now + 1)
        stats = await agent.call("get_stats")
        await agent.call("clear_state")
        cleared = await agent.call("get_stats")
    (summary,) = found.summaries
    assert (summary.count, summary.mean, summary.last) == (2, 2.0, 3.0)
    assert later.records == () and (stats.metrics, stats.subjects) == (3, 2)
    assert (cleared.metrics, cleared.last_at) == (0, None)


async def test_what_is_older_than_a_year_is_not_told() -> None:
    """Old records end by themselves."""
    async with AgentHarness(ModelEvaluationFramework) as agent:
        await agent.call("log_model_evaluation", model="m", score=0.4)
        await agent.clock.advance(366 * 86_400)
        found = await agent.call("get_model_evaluation_scores")
    assert found.evaluations == ()
