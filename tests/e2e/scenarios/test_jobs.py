"""Background jobs across processes: the queue respects what the host grants."""

from __future__ import annotations

import asyncio
from pathlib import Path

from common.contracts import jobs as j
from common.contracts import resources as r
from common.messages import Query
from fleet.testing.household import Household, household

CHAIN = (
    "performance_logger_agent",
    "performance_monitor",
    "health_monitor",
    "resource_manager",
    "async_processor",
)
SECONDS = 20.0
LOOK_SECONDS = 0.05


async def fill_the_host(home: Household) -> None:
    """Let somebody hold all shares of the processors, however busy this machine is."""
    limits = r.SetThresholdsRequest(cpu_percent=100, memory_percent=100)
    await home.call("resource_manager", "set_thresholds", limits, r.Thresholds)
    stats = await home.call("resource_manager", "get_stats", Query(), r.ResourceStats)
    wanted = r.AllocateRequest(
        request_id="somebody",
        agent="request_coordinator",
        shares=r.Shares(cpu=stats.capacity.cpu),
        lease_seconds=600,
    )
    assert (await home.call("resource_manager", "allocate_resources", wanted, r.Grant)).granted


async def submit(home: Household, job_id: str, priority: int) -> None:
    """Queue a job that needs more than half of the processors."""
    stats = await home.call("resource_manager", "get_stats", Query(), r.ResourceStats)
    wanted = j.SubmitJobRequest(
        job_id=job_id,
        type=j.JobType.ANALYSIS,
        data={"numbers": [1, 2, 3]},
        priority=priority,
        shares=r.Shares(cpu=0.6 * stats.capacity.cpu),
    )
    await home.call("async_processor", "submit_job", wanted, j.JobReply)


async def job_of(home: Household, job_id: str) -> j.Job:
    """Return how far a job is."""
    asked = j.JobQuery(job_id=job_id)
    return (await home.call("async_processor", "get_job", asked, j.JobReply)).job


async def refused(home: Household) -> None:
    """Return when the queue was refused shares."""
    async with asyncio.timeout(SECONDS):
        while True:
            stats = await home.call("async_processor", "get_stats", Query(), j.JobStats)
            if stats.refused_grants:
                return
            await asyncio.sleep(LOOK_SECONDS)


async def finished(home: Household, *job_ids: str) -> list[j.Job]:
    """Return jobs when all of them are over."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = [await job_of(home, job_id) for job_id in job_ids]
            if all(job.phase.is_over for job in found):
                return found
            await asyncio.sleep(LOOK_SECONDS)


async def test_jobs_wait_for_shares_and_survive_a_restart(tmp_path: Path) -> None:
    """While somebody holds the processors nothing runs; then one by one, the urgent one first."""
    async with household(tmp_path, *CHAIN) as home:
        await fill_the_host(home)
        await submit(home, "later", priority=9)
        await submit(home, "urgent", priority=1)
        await refused(home)
        waiting = await job_of(home, "urgent")
        assert waiting.phase is j.JobPhase.QUEUED
        await home.restart("async_processor")
        assert (await job_of(home, "urgent")).phase is j.JobPhase.QUEUED

        over = r.ReleaseRequest(request_id="somebody")
        await home.call("resource_manager", "release_resources", over, r.Released)
        urgent, later = await finished(home, "urgent", "later")

        assert (urgent.phase, later.phase) == (j.JobPhase.DONE, j.JobPhase.DONE)
        assert urgent.finished_at is not None and later.started_at is not None
        assert urgent.started_at is not None and urgent.started_at <= later.started_at
        stats = await home.call("resource_manager", "get_stats", Query(), r.ResourceStats)
        assert stats.granted.cpu <= stats.capacity.cpu
