"""The recordings that wait to be transcribed, and what became of them. Bounded, in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from agents.speech_services.speech_messages import JobPhase, JobPicture
from common.contracts.speech import Transcript
from common.messages import ActionError, ErrorCode

MAX_QUEUED: Final = 32
MAX_BYTES: Final = 64 * 1024 * 1024
KEPT_RESULTS: Final = 200
KEPT_SECONDS: Final = 3600.0


@dataclass(frozen=True)
class Job:
    """One recording and how far it is."""

    job_id: str
    phase: JobPhase
    at: float
    transcript: Transcript | None = None
    error: str = ""

    def picture(self) -> JobPicture:
        """Return it as a reply."""
        return JobPicture(
            job_id=self.job_id, phase=self.phase, transcript=self.transcript, error=self.error
        )


class TranscriptJobs:
    """Queue recordings, oldest first, and keep the newest results for an hour."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._bytes = 0
        self._count = 0

    @property
    def queued(self) -> int:
        """Return how many wait."""
        return self._queue.qsize()

    def add(self, audio: bytes, at: float) -> str:
        """Queue a recording and return its number, or raise ActionError when full."""
        if self.queued >= MAX_QUEUED or self._bytes + len(audio) > MAX_BYTES:
            message = f"expected at most {MAX_QUEUED} recordings of {MAX_BYTES} bytes to wait"
            raise ActionError(ErrorCode.OVERLOADED, message)
        self._count += 1
        job_id = f"batch-{self._count:06d}"
        self._jobs[job_id] = Job(job_id, JobPhase.QUEUED, at)
        self._bytes += len(audio)
        self._queue.put_nowait((job_id, audio))
        return job_id

    async def take(self) -> tuple[str, bytes]:
        """Wait for the next recording, and begin it."""
        job_id, audio = await self._queue.get()
        self._bytes -= len(audio)
        self._change(job_id, phase=JobPhase.RUNNING)
        return job_id, audio

    def done(self, job_id: str, transcript: Transcript, at: float) -> None:
        """Keep a transcript."""
        self._change(job_id, phase=JobPhase.DONE, transcript=transcript, at=at)
        self._forget(at)

    def failed(self, job_id: str, error: str, at: float) -> None:
        """Keep why there is no transcript."""
        self._change(job_id, phase=JobPhase.FAILED, error=error, at=at)
        self._forget(at)

    def find(self, job_id: str, now: float) -> Job:
        """Return a job, or raise ActionError."""
        self._forget(now)
        if job_id not in self._jobs:
            raise ActionError(ErrorCode.NOT_FOUND, f"no job {job_id!r} is known", "job_id")
        return self._jobs[job_id]

    def _change(self, job_id: str, **changes: object) -> None:
        self._jobs[job_id] = replace(self._jobs[job_id], **changes)  # type: ignore[arg-type]  # fields of Job by name

    def _forget(self, now: float) -> None:
        ended = [
            job for job in self._jobs.values() if job.phase in (JobPhase.DONE, JobPhase.FAILED)
        ]
        surplus = len(ended) - KEPT_RESULTS
        for index, job in enumerate(ended):
            if index < surplus or job.at + KEPT_SECONDS < now:
                del self._jobs[job.job_id]
