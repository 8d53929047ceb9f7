"""
The jobs that are remembered: written through to the store, bounded, in the order they run.

Running jobs and asking for shares may not enter.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from common.clock import Clock
from common.contracts.jobs import Job, JobPhase
from common.messages import ActionError, ErrorCode
from common.state.store import Store

JOBS: Final = "jobs"
MOST_WAITING: Final = 1_000
MOST_OVER: Final = 500
KEPT_SECONDS: Final = 86_400.0
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class JobTable:
    """Hold jobs by their ids."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._jobs: dict[str, Job] = {}

    async def load(self) -> None:
        """Take up the jobs; those that were cut off wait for another attempt or have failed."""
        rows = await self._store.scan(JOBS)
        self._jobs = {key: Job.model_validate(document) for key, document in rows}
        for job in self.of(JobPhase.RUNNING):
            await self.give_back(job, "cut off by a stop of this agent", may_retry=True)

    def get(self, job_id: str) -> Job:
        """Return a job, or raise NOT_FOUND."""
        job = self._jobs.get(job_id)
        if job is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"no job {job_id!r} is remembered", "job_id")
        return job

    def find(self, job_id: str) -> Job | None:
        """Return a job if there is one."""
        return self._jobs.get(job_id)

    def of(self, phase: JobPhase) -> tuple[Job, ...]:
        """Return the jobs of a phase, in the order in which they run."""
        found = (job for job in self._jobs.values() if job.phase is phase)
        return tuple(sorted(found, key=lambda job: (job.priority, job.submitted_at, job.job_id)))

    def runnable(self) -> tuple[Job, ...]:
        """Return the jobs that could run now, in order."""
        now = self._clock.now()
        return tuple(job for job in self.of(JobPhase.QUEUED) if job.not_before <= now)

    def newest_over(self) -> tuple[Job, ...]:
        """Return the jobs that are over, newest first."""
        found = (job for job in self._jobs.values() if job.phase.is_over)
        return tuple(sorted(found, key=lambda job: -(job.finished_at or 0.0)))

    def counts(self) -> Counter[JobPhase]:
        """Count the jobs of each phase."""
        return Counter(job.phase for job in self._jobs.values())

    def retries(self) -> int:
        """Count the attempts beyond the first."""
        return sum(max(0, job.attempts - 1) for job in self._jobs.values())

    async def add(self, job: Job) -> None:
        """Keep a new job, unless too many wait."""
        waiting = sum(not job.phase.is_over for job in self._jobs.values())
        if waiting >= MOST_WAITING:
            message = f"expected at most {MOST_WAITING} jobs that are not over, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message)
        await self._keep(job)

    async def change(self, job: Job, **fields: Any) -> Job:
        """Keep a job with other fields."""
        changed = job.model_copy(update=fields)
        await self._keep(changed)
        return changed

    async def finish(self, job: Job, phase: JobPhase, **fields: Any) -> Job:
        """Let a job be over."""
        now = self._clock.now()
        changed = await self.change(job, phase=phase, finished_at=now, waits_for="", **fields)
        for old in self.newest_over()[MOST_OVER:]:
            del self._jobs[old.job_id]
            await self._store.delete(JOBS, old.job_id)
        return changed

    async def give_back(self, job: Job, error: str, *, may_retry: bool) -> Job:
        """Let a job wait for another attempt, longer each time; or fail when none is left."""
        if not may_retry or job.attempts >= job.max_attempts:
            return await self.finish(job, JobPhase.FAILED, error=error)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (job.attempts - 1))
        not_before = self._clock.now() + pause
        return await self.change(
            job, phase=JobPhase.QUEUED, error=error, not_before=not_before, started_at=None
        )

    async def _keep(self, job: Job) -> None:
        self._jobs[job.job_id] = job
        over = job.finished_at
        expires_at = over + KEPT_SECONDS if over is not None else None
        document = job.model_dump(mode="json")
        await self._store.put(JOBS, job.job_id, document, expires_at=expires_at)
