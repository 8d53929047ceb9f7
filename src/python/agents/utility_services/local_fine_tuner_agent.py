"""
LocalFineTunerAgent: runs training jobs on local data and reports their progress.

What is trained lies in text_classifier, how it is scored in training_run.
"""

from __future__ import annotations

import asyncio
import shutil
import uuid
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from agents.utility_services.training_run import CancelledRunError, Progress, run
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts import training as t
from common.contracts.jobs import JobPhase
from common.messages import ActionError, ErrorCode

JOBS: Final = "jobs"
MOST_JOBS: Final = 200
KEPT_SECONDS: Final = 30 * 86_400.0
MOST_MODELS: Final = 50
MOST_LABELS: Final = 100
TRAINS: Final = "softmax regression over words and parts of words; no neural language model"


class KeptJob(BaseModel):
    """Hold a job, and its examples as long as they are needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: t.TrainingJob
    examples: t.Examples = ()


class LocalFineTunerAgent(Agent):
    """Train text classifiers, one at a time, in a thread."""

    async def start(self) -> None:
        """Take up the jobs of before; what ran then was interrupted."""
        self._changing, self._turn = asyncio.Lock(), asyncio.Lock()
        self._progress: dict[str, Progress] = {}
        self._jobs = BoundedDocuments(
            self.store, self.clock, JOBS, most=MOST_JOBS, seconds=KEPT_SECONDS
        )
        await self._jobs.load()
        for key, _ in await self.store.scan(JOBS):
            kept = await self._find(key)
            if kept.job.phase is JobPhase.RUNNING:
                await self._end(kept.job, JobPhase.FAILED, error="interrupted: the agent stopped")

    async def stop(self) -> None:
        """Let training threads end at their next epoch."""
        for progress in self._progress.values():
            progress.cancelled.set()

    async def state_cleared(self) -> None:
        """End what runs, and forget what was trained."""
        await self.stop()
        async with self._turn:  # a run that has just ended may still write its model
            await asyncio.to_thread(shutil.rmtree, self.state_directory / "models", True)
        await self._jobs.load()

    @action
    async def create_job(self, request: t.CreateJobRequest) -> t.TrainingJob:
        """Keep a job that can be started."""
        labels = {example.label for example in request.examples}
        if len(labels) > MOST_LABELS:
            message = f"expected at most {MOST_LABELS} labels, found {len(labels)}"
            raise ActionError(ErrorCode.INVALID, message, "examples")
        job = t.TrainingJob(
            job_id=uuid.uuid4().hex[:12],
            model=request.model,
            phase=JobPhase.QUEUED,
            plan=request.plan,
            examples=len(request.examples),
            trains=TRAINS,
            created_at=self.clock.now(),
        )
        await self._keep(KeptJob(job=job, examples=request.examples))
        return job

    @action
    async def start_job(self, request: t.JobRequest) -> t.TrainingJob:
        """Begin a job; others that run are finished first."""
        async with self._changing:
            kept = await self._find(request.job_id)
            if kept.job.phase is not JobPhase.QUEUED:
                message = f"expected a job that was not started, found {kept.job.phase.value}"
                raise ActionError(ErrorCode.CONFLICT, message, "job_id")
            await asyncio.to_thread(self._check_room, self._path(kept.job.model))
            job = kept.job.model_copy(update={"phase": JobPhase.RUNNING})
            await self._keep(kept.model_copy(update={"job": job}))
            progress = self._progress[job.job_id] = Progress()
        self.spawn(self._train(job, kept.examples, progress), f"job {job.job_id}")
        return job

    @action
    async def cancel_job(self, request: t.JobRequest) -> t.TrainingJob:
        """End a job; the model stays what it was."""
        async with self._changing:
            job = (await self._find(request.job_id)).job
            if job.phase.is_over:
                message = f"expected a job that is not over, found {job.phase.value}"
                raise ActionError(ErrorCode.CONFLICT, message, "job_id")
            if (progress := self._progress.get(job.job_id)) is not None:
                progress.cancelled.set()
                return self._with_progress(job)
            return await self._end(job, JobPhase.CANCELLED)

    @action
    async def get_status(self, request: t.JobQuery) -> t.TrainingJob:
        """Say how far a job is."""
        return self._with_progress((await self._find(request.job_id)).job)

    @action
    async def predict(self, request: t.PredictRequest) -> t.Prediction:
        """Say what a trained model makes of a text."""
        return await asyncio.to_thread(_predicted, self._path(request.model), request)

    async def _train(self, job: t.TrainingJob, examples: t.Examples, progress: Progress) -> None:
        path = self._path(job.model)
        try:
            async with self._turn:
                scores = await asyncio.to_thread(run, path, examples, job.plan, progress)
            await self._end(self._with_progress(job), JobPhase.DONE, scores=scores)
        except CancelledRunError:
            await self._end(self._with_progress(job), JobPhase.CANCELLED)
        except OSError as error:
            problem = f"the model cannot be written: {error.strerror or error}"
            await self._end(self._with_progress(job), JobPhase.FAILED, error=problem)
        finally:
            progress.cancelled.set()
            self._progress.pop(job.job_id, None)

    async def _end(
        self,
        job: t.TrainingJob,
        phase: JobPhase,
        *,
        scores: t.TrainingScores | None = None,
        error: str = "",
    ) -> t.TrainingJob:
        change = {"phase": phase, "scores": scores, "error": error}
        ended = job.model_copy(update={**change, "finished_at": self.clock.now()})
        await self._keep(KeptJob(job=ended))
        return ended

    async def _keep(self, kept: KeptJob) -> None:
        await self._jobs.put(kept.job.job_id, kept.model_dump(mode="json"))

    async def _find(self, job_id: str) -> KeptJob:
        document = await self._jobs.get(job_id)
        if document is None:
            message = f"expected a job that was created, found {job_id!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "job_id")
        return KeptJob.model_validate(document)

    def _with_progress(self, job: t.TrainingJob) -> t.TrainingJob:
        progress = self._progress.get(job.job_id)
        if progress is None:
            return job
        return job.model_copy(update={"epoch": progress.epoch, "loss": progress.loss})

    def _path(self, model: str) -> Path:
        return self.state_directory / "models" / f"{model}.npz"

    @staticmethod
    def _check_room(path: Path) -> None:
        if not path.exists() and len(list(path.parent.glob("*.npz"))) >= MOST_MODELS:
            message = f"expected at most {MOST_MODELS} models, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message, "job_id")


def _predicted(path: Path, request: t.PredictRequest) -> t.Prediction:
    from agents.utility_services.text_classifier import TextClassifier

    model = TextClassifier.load(path) if path.exists() else None
    if model is None:
        message = f"expected a model that was trained, found {request.model!r}"
        raise ActionError(ErrorCode.NOT_FOUND, message, "model")
    (row,) = model.probabilities((request.text,)).tolist()
    ranked = sorted(zip(model.labels, row, strict=True), key=lambda pair: -pair[1])
    label, confidence = ranked[0]
    return t.Prediction(
        model=request.model, label=label, confidence=confidence, probabilities=dict(ranked)
    )
