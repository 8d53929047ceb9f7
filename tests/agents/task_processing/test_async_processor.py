"""Tests of AsyncProcessor: priorities, grants, retries and restarts."""

from __future__ import annotations

from typing import Any

import pytest

from agents.task_processing.async_processor import AT_ONCE, PULSE_SECONDS, AsyncProcessor
from common.contracts.jobs import JOB_CHANGES, Job, JobPhase
from common.contracts.memory import MemoryAdded
from common.contracts.performance import MetricLogged
from common.contracts.resources import AllocateRequest, Grant, Released, ReleaseRequest
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[AsyncProcessor]
METRIC = {"agent": "responder", "metric": "errors", "value": 1}


class Host:
    """Stand in for the resource manager: so many leases at once, and who held them."""

    def __init__(self, agent: Harness, leases: int = 100) -> None:
        self.leases = leases
        self.held: set[str] = set()
        self.most_held = 0
        agent.peers.answer("resource_manager", "allocate_resources", self.allocate)
        agent.peers.answer("resource_manager", "release_resources", self.release)

    def allocate(self, request: AllocateRequest) -> Grant:
        """Grant while there is room."""
        if len(self.held) >= self.leases:
            return Grant(request_id=request.request_id, granted=False, reason="cpu: none left")
        self.held.add(request.request_id)
        self.most_held = max(self.most_held, len(self.held))
        return Grant(request_id=request.request_id, granted=True, expires_at=1.0)

    def release(self, request: ReleaseRequest) -> Released:
        """Take a lease back."""
        self.held.discard(request.request_id)
        return Released(released=True)


async def submit(agent: Harness, kind: str = "analysis", **fields: Any) -> Job:
    """Queue a job."""
    data = fields.pop("data", {"text": "one two"})
    job: Job = (await agent.call("submit_job", type=kind, data=data, **fields)).job
    return job


async def job_of(agent: Harness, job_id: str) -> Job:
    """Return how far a job is."""
    job: Job = (await agent.call("get_job", job_id=job_id)).job
    return job


async def test_an_analysis_gives_its_figures() -> None:
    """Text and numbers are worked out, and every phase is told."""
    async with AgentHarness(AsyncProcessor) as agent:
        Host(agent)
        data = {"text": "The boiler hums. The boiler stops!", "numbers": [1, 2, 3, 100]}
        job = await submit(agent, data=data)
        await agent.clock.settle()
        done = await job_of(agent, job.job_id)

        assert done.phase is JobPhase.DONE
        text, numbers = done.result["text"], done.result["numbers"]
        assert isinstance(text, dict) and isinstance(numbers, dict)
        assert (text["words"], text["sentences"]) == (6, 2)
        frequent = text["frequent"]
        assert isinstance(frequent, list) and {"stem": "boiler", "count": 2} in frequent
        assert (numbers["median"], numbers["outliers"]) == (2.5, [100.0])
        phases = [event.phase for event in agent.published(JOB_CHANGES)]
        assert phases == [JobPhase.QUEUED, JobPhase.RUNNING, JobPhase.DONE]


async def test_logging_and_memory_jobs_reach_their_agents() -> None:
    """A metric is written down, a memory is kept."""
    async with AgentHarness(AsyncProcessor) as agent:
        Host(agent)
        agent.peers.answer(
            "performance_logger_agent",
            "log_metric",
            lambda request: MetricLogged(agent=request.agent, metric=request.metric, at=1.0),
        )
        agent.peers.answer(
            "memory_orchestrator_service",
            "add_memory",
            lambda request: MemoryAdded(memory_id=request.memory_id),
        )
        logging = await submit(agent, "logging", data=METRIC)
        memory = await submit(agent, "memory", data={"content": "The boiler hums"}, job_id="m1")
        await agent.clock.settle()

        assert (await job_of(agent, logging.job_id)).phase is JobPhase.DONE
        assert (await job_of(agent, memory.job_id)).result == {"memory_id": "job-m1"}


async def test_jobs_run_by_priority_while_shares_are_granted() -> None:
    """With room for one at a time the most urgent goes first, and never two at once."""
    async with AgentHarness(AsyncProcessor) as agent:
        host = Host(agent, leases=0)
        for priority in (9, 1, 5):
            await submit(agent, priority=priority, job_id=f"p{priority}")
        await agent.clock.settle()
        (waiting, *_) = (await agent.call("list_jobs", phase="queued")).jobs
        assert (waiting.job_id, waiting.waits_for) == ("p1", "cpu: none left")
        assert (await agent.call("get_stats")).refused_grants >= 3

        host.leases = 1
        await agent.clock.advance(5 * PULSE_SECONDS)
        told = [e.job_id for e in agent.published(JOB_CHANGES) if e.phase is JobPhase.RUNNING]
        assert told == ["p1", "p5", "p9"]
        assert host.most_held == 1 and host.held == set()


async def test_only_a_few_run_at_once() -> None:
    """However much the host has, no more than four jobs run together."""
    async with AgentHarness(AsyncProcessor) as agent:
        host = Host(agent)
        for _ in range(3 * AT_ONCE):
            await submit(agent)
        await agent.clock.advance(20 * PULSE_SECONDS)

        assert host.most_held <= AT_ONCE
        assert (await agent.call("get_stats")).done == 3 * AT_ONCE


async def test_without_a_resource_manager_jobs_wait() -> None:
    """Nobody grants, so nothing runs; the job says why."""
    async with AgentHarness(AsyncProcessor) as agent:
        job = await submit(agent)
        await agent.clock.advance(10)
        found = await job_of(agent, job.job_id)

        assert found.phase is JobPhase.QUEUED
        assert found.waits_for == "resource_manager does not answer: unavailable"


async def test_what_may_succeed_later_is_tried_again_then_given_up() -> None:
    """Pauses double; after the last attempt the job is a dead letter with its error."""
    async with AgentHarness(AsyncProcessor) as agent:
        Host(agent)
        agent.peers.fail("performance_logger_agent", "log_metric", ErrorCode.UNAVAILABLE)
        job = await submit(agent, "logging", data=METRIC, max_attempts=3)
        await agent.clock.settle()
        first = await job_of(agent, job.job_id)
        assert (first.phase, first.attempts) == (JobPhase.QUEUED, 1)

        await agent.clock.advance(1.0 + PULSE_SECONDS)
        assert (await job_of(agent, job.job_id)).attempts == 2
        await agent.clock.advance(1.0)
        assert (await job_of(agent, job.job_id)).attempts == 2
        await agent.clock.advance(2.0)
        dead = await job_of(agent, job.job_id)

        assert (dead.phase, dead.attempts) == (JobPhase.FAILED, 3)
        assert "told to fail" in dead.error
        assert (await agent.call("list_jobs", phase="failed")).jobs[0].job_id == job.job_id


async def test_what_was_refused_for_good_is_not_tried_again() -> None:
    """A peer that judged the work ends it."""
    async with AgentHarness(AsyncProcessor) as agent:
        Host(agent)
        agent.peers.fail("memory_orchestrator_service", "add_memory", ErrorCode.INVALID)
        job = await submit(agent, "memory", data={"content": "x"})
        await agent.clock.settle()

        assert (await job_of(agent, job.job_id)).phase is JobPhase.FAILED


async def test_the_queue_outlives_the_process() -> None:
    """Jobs that waited wait on; the one that was cut off gets another attempt."""
    async with AgentHarness(AsyncProcessor) as agent:
        Host(agent, leases=1)
        stuck: Any = agent.clock.sleep(1e9)
        agent.peers.answer("performance_logger_agent", "log_metric", lambda request: stuck)
        await submit(agent, "logging", data=METRIC, job_id="cut-off", priority=1)
        await submit(agent, job_id="waiting")
        await agent.clock.settle()
        assert (await job_of(agent, "cut-off")).phase is JobPhase.RUNNING
        store, clock = agent.store, agent.clock
    async with AgentHarness(AsyncProcessor, store=store, clock=clock) as agent:
        Host(agent)
        agent.peers.answer(
            "performance_logger_agent",
            "log_metric",
            lambda request: MetricLogged(agent="a", metric="m", at=1.0),
        )
        await clock.advance(5.0)
        again, waited = await job_of(agent, "cut-off"), await job_of(agent, "waiting")

        assert (again.phase, again.attempts) == (JobPhase.DONE, 2)
        assert waited.phase is JobPhase.DONE


async def test_the_same_id_is_one_job() -> None:
    """Submitting twice gives the same job; other work under its id is a conflict."""
    async with AgentHarness(AsyncProcessor) as agent:
        await submit(agent, job_id="one")
        assert (await submit(agent, job_id="one")).job_id == "one"
        assert (await agent.call("get_stats")).queued == 1
        with pytest.raises(ActionError) as caught:
            await submit(agent, job_id="one", data={"text": "else"})
        assert caught.value.code is ErrorCode.CONFLICT


async def test_a_queued_job_can_be_cancelled() -> None:
    """Twice is once; one that is done cannot be."""
    async with AgentHarness(AsyncProcessor) as agent:
        job = await submit(agent)
        await agent.clock.settle()
        for _ in range(2):
            found = await agent.call("cancel_job", job_id=job.job_id)
            assert found.job.phase is JobPhase.CANCELLED
        Host(agent)
        done = await submit(agent)
        await agent.clock.settle()
        with pytest.raises(ActionError) as caught:
            await agent.call("cancel_job", job_id=done.job_id)
        assert caught.value.code is ErrorCode.CONFLICT


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("submit_job", {"type": "sing", "data": {}}, ErrorCode.INVALID),
        ("submit_job", {"type": "logging", "data": {"agent": "a"}}, ErrorCode.INVALID),
        ("submit_job", {"type": "analysis", "data": {}}, ErrorCode.INVALID),
        ("submit_job", {"type": "analysis", "data": {"text": "x" * 60_000}}, ErrorCode.INVALID),
        ("submit_job", {"type": "analysis", "data": {"numbers": ["x"]}}, ErrorCode.INVALID),
        ("get_job", {"job_id": "none"}, ErrorCode.NOT_FOUND),
        ("cancel_job", {"job_id": "none"}, ErrorCode.NOT_FOUND),
        ("list_jobs", {"limit": 0}, ErrorCode.INVALID),
    ],
)
async def test_nonsense_is_refused(action: str, fields: dict[str, Any], code: ErrorCode) -> None:
    """What cannot be worked on never enters the queue."""
    async with AgentHarness(AsyncProcessor) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)
        assert caught.value.code is code
