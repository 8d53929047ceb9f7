"""
AsyncProcessor: runs background jobs by priority, while the host has shares to grant.

What jobs do lies in job_handlers, which are remembered in job_table; neither may enter here.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agents.task_processing.job_data import check
from agents.task_processing.job_handlers import carry_out
from agents.task_processing.job_table import MOST_WAITING, JobTable
from common.agent import Agent, action
from common.contracts import jobs as j
from common.contracts import resources as r
from common.messages import ActionError, ErrorCode, Query

MANAGER: Final = "resource_manager"
AT_ONCE: Final = 4
TRIED_AT_ONCE: Final = 20  # jobs that shares are asked for in one round
PULSE_SECONDS: Final = 0.5
LEASE_SECONDS: Final = 60.0
ASK_SECONDS: Final = 3.0
WORTH_ANOTHER: Final = frozenset(
    {ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT, ErrorCode.OVERLOADED, ErrorCode.INTERNAL}
)


class AsyncProcessor(Agent):
    """Queue jobs, run those that are granted shares, try again what may succeed later.

    A job that is refused waits; smaller ones behind it may run meanwhile.
    """

    topics = (j.JOB_CHANGES,)

    async def start(self) -> None:
        """Take up the queue of the process before, and go on with it."""
        self._table = JobTable(self.store, self.clock)
        self._wake = asyncio.Event()
        self._submitting = asyncio.Lock()
        self._count = self._refused = 0
        self._running: set[str] = set()
        await self._table.load()
        self._wake.set()
        self.spawn(self._pump(), "pump")
        self.spawn(self._pulse(), "pulse")

    async def state_cleared(self) -> None:
        """Forget the jobs; those that run come to their end unseen."""
        await self._table.load()

    @action
    async def submit_job(self, request: j.SubmitJobRequest) -> j.JobReply:
        """Queue a job, or return the one of this id that there is."""
        check(request.type, request.data)
        async with self._submitting:
            job_id = request.job_id or self._new_id()
            known = self._table.find(job_id)
            if known is not None:
                if (known.type, known.data) != (request.type, request.data):
                    message = f"expected the work of job {job_id!r}, found other work"
                    raise ActionError(ErrorCode.CONFLICT, message, "job_id")
                return j.JobReply(job=known)
            job = j.Job(
                **dict(request) | {"job_id": job_id},
                phase=j.JobPhase.QUEUED,
                submitted_at=self.clock.now(),
            )
            await self._table.add(job)
        self._tell(job)
        self._wake.set()
        return j.JobReply(job=job)

    @action
    async def get_job(self, request: j.JobQuery) -> j.JobReply:
        """Say how far a job is."""
        return j.JobReply(job=self._table.get(request.job_id))

    @action
    async def list_jobs(self, request: j.ListJobsRequest) -> j.Jobs:
        """Return what runs, what waits in its order, and what is over; without their data."""
        found = (
            *self._table.of(j.JobPhase.RUNNING),
            *self._table.of(j.JobPhase.QUEUED),
            *self._table.newest_over(),
        )
        chosen = [job for job in found if request.phase in (None, job.phase)]
        shown = (job.model_copy(update={"data": {}}) for job in chosen[: request.limit])
        return j.Jobs(jobs=tuple(shown))

    @action
    async def cancel_job(self, request: j.CancelJobRequest) -> j.JobReply:
        """Cancel a job that has not begun."""
        job = self._table.get(request.job_id)
        if job.phase is j.JobPhase.CANCELLED:
            return j.JobReply(job=job)
        if job.phase is not j.JobPhase.QUEUED or job.job_id in self._running:
            message = f"expected a job that is queued, found one that is {job.phase.value}"
            raise ActionError(ErrorCode.CONFLICT, message, "job_id")
        job = await self._table.finish(job, j.JobPhase.CANCELLED)
        self._tell(job)
        return j.JobReply(job=job)

    @action
    async def get_stats(self, request: Query) -> j.JobStats:
        """Count the jobs that are remembered."""
        counts = self._table.counts()
        return j.JobStats(
            **{phase.value: counts[phase] for phase in j.JobPhase},
            retries=self._table.retries(),
            refused_grants=self._refused,
            capacity=MOST_WAITING,
        )

    async def _pulse(self) -> None:
        while True:
            await self.clock.sleep(PULSE_SECONDS)
            self._wake.set()

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for job in self._table.runnable()[:TRIED_AT_ONCE]:
                if len(self._running) >= AT_ONCE:
                    break
                if job.job_id not in self._running:
                    await self._begin(job)

    async def _begin(self, job: j.Job) -> None:
        self._running.add(job.job_id)  # from here on it cannot be cancelled
        reason = await self._reason_to_wait(job)
        if reason:
            self._refused += 1
            self._running.discard(job.job_id)
            if reason != job.waits_for and self._table.find(job.job_id) is not None:
                await self._table.change(job, waits_for=reason)
            return
        now, attempts = self.clock.now(), job.attempts + 1
        job = await self._table.change(
            job, phase=j.JobPhase.RUNNING, attempts=attempts, started_at=now, waits_for=""
        )
        self._tell(job)
        self.spawn(self._run(job), f"job {job.job_id}")

    async def _reason_to_wait(self, job: j.Job) -> str:
        wanted = r.AllocateRequest(
            request_id=_lease_of(job),
            agent=self.facts.slug,
            shares=job.shares,
            lease_seconds=LEASE_SECONDS,
        )
        try:
            grant = await self.peers.call(
                MANAGER, "allocate_resources", wanted, r.Grant, timeout=ASK_SECONDS
            )
        except ActionError as error:
            return f"{MANAGER} does not answer: {error.code.value}"
        return "" if grant.granted else grant.reason or "refused"

    async def _run(self, job: j.Job) -> None:
        try:
            result = await carry_out(job, self.peers)
        except ActionError as error:
            may_retry = error.code in WORTH_ANOTHER
            job = await self._table.give_back(job, str(error), may_retry=may_retry)
        else:
            job = await self._table.finish(job, j.JobPhase.DONE, result=result, error="")
        self._tell(job)
        await self._release(job)
        self._running.discard(job.job_id)
        self._wake.set()

    async def _release(self, job: j.Job) -> None:
        over = r.ReleaseRequest(request_id=_lease_of(job))
        try:
            await self.peers.call(
                MANAGER, "release_resources", over, r.Released, timeout=ASK_SECONDS
            )
        except ActionError as error:  # the lease ends by itself
            self.log.info("shares were not released", extra={"error": str(error)})

    def _tell(self, job: j.Job) -> None:
        told = job.model_dump(include={"job_id", "type", "phase", "attempts", "error"})
        self.events.publish(j.JOB_CHANGES, j.JobChanged(**told, at=self.clock.now()))

    def _new_id(self) -> str:
        self._count = max(self._count + 1, int(self.clock.now() * 1_000_000))
        return f"job-{self._count:014x}"


def _lease_of(job: j.Job) -> str:
    return f"job:{job.job_id}"
