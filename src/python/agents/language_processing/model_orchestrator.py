"""
ModelOrchestrator: the class of a task, and the agent, model or chain of them that runs it.

Classifying is task_classifier, running a part is task_routes.
"""

from __future__ import annotations

import asyncio

from agents.language_processing.task_classifier import Classified, classify, split_task
from agents.language_processing.task_routes import Part, run_part
from common.agent import Agent, action
from common.contracts import orchestration as o
from common.contracts.models import Engine
from common.messages import ActionError, ErrorCode

RESULTS = "tasks"
KEPT_TASKS = 500
KEPT_SECONDS = 30 * 24 * 3600.0
RUNNING_AT_ONCE = 8
MAX_CHAINED = 4_000


class ModelOrchestrator(Agent):
    """Run tasks by whatever suits them, and keep the last results for 30 days."""

    topics = (o.TASKS_FINISHED,)

    async def start(self) -> None:
        """Go on counting where the last process stopped."""
        newest = await self.store.scan(RESULTS, limit=1, newest_first=True)
        self._count = _number(newest[0][0]) if newest else 0
        self._running = 0

    async def state_cleared(self) -> None:
        """Count from the beginning."""
        self._count = 0

    @action
    async def classify_task(self, request: o.ClassifyTaskRequest) -> o.TaskClassified:
        """Say what kind of work a task is, and which parts it has."""
        found = await asyncio.to_thread(classify, request.task)
        return o.TaskClassified(
            task_class=found.task_class,
            confidence=found.confidence,
            scores={kind.value: score for kind, score in found.scores.items()},
            parts=split_task(request.task),
        )

    @action
    async def run_task(self, request: o.RunTaskRequest) -> o.TaskOutcome:
        """Run a task, its parts one after the other, and keep the outcome."""
        if self._running >= RUNNING_AT_ONCE:
            raise ActionError(ErrorCode.OVERLOADED, f"{RUNNING_AT_ONCE} tasks are running")
        self._running += 1
        try:
            return await self._run(request)
        finally:
            self._running -= 1

    @action
    async def get_task(self, request: o.GetTaskRequest) -> o.TaskOutcome:
        """Return the outcome of a task of the past."""
        document = await self.store.get(RESULTS, request.task_id)
        if document is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"no task {request.task_id}", "task_id")
        return o.TaskOutcome.model_validate(document)

    @action
    async def list_tasks(self, request: o.ListTasksRequest) -> o.TaskList:
        """Return outcomes, newest first."""
        found = await self.store.scan(RESULTS, newest_first=True)
        outcomes = (o.TaskOutcome.model_validate(document) for _, document in found)
        wanted = [each for each in outcomes if request.task_class in (None, each.task_class)]
        return o.TaskList(tasks=tuple(wanted[: request.limit]))

    async def _run(self, request: o.RunTaskRequest) -> o.TaskOutcome:
        started = self.clock.now()
        whole = await asyncio.to_thread(classify, request.task)
        parts = tuple(part for part in split_task(request.task) if part)
        if not parts:  # control characters are no white space to a schema, and no task either
            raise ActionError(ErrorCode.INVALID, "expected a task in words, found none", "task")
        steps: list[o.TaskStep] = []
        for text in parts:
            kind = request.task_class or classify(text).task_class
            told = "\n".join((request.context, *(step.output[:MAX_CHAINED] for step in steps)))
            steps.append(
                await run_part(self.peers, Part(text, kind, told.strip(), request.max_tokens))
            )
            if not steps[-1].succeeded:
                break  # what follows builds on it
        outcome = self._outcome(request, whole, tuple(steps), started)
        await self._keep(outcome)
        return outcome

    def _outcome(
        self,
        request: o.RunTaskRequest,
        whole: Classified,
        steps: tuple[o.TaskStep, ...],
        started: float,
    ) -> o.TaskOutcome:
        self._count += 1
        is_server = all(step.engine is Engine.SERVER for step in steps)
        return o.TaskOutcome(
            task_id=f"task-{self._count:012d}",
            task=request.task,
            task_class=request.task_class or whole.task_class,
            confidence=1.0 if request.task_class else whole.confidence,
            succeeded=all(step.succeeded for step in steps),
            output="\n\n".join(step.output for step in steps if step.output),
            engine=Engine.SERVER if is_server else Engine.EMBEDDED,
            steps=steps,
            started_at=started,
            finished_at=self.clock.now(),
        )

    async def _keep(self, outcome: o.TaskOutcome) -> None:
        expires_at = outcome.finished_at + KEPT_SECONDS
        document = outcome.model_dump(mode="json")
        await self.store.put(RESULTS, outcome.task_id, document, expires_at=expires_at)
        oldest = _number(outcome.task_id) - KEPT_TASKS
        if oldest > 0:
            await self.store.delete(RESULTS, f"task-{oldest:012d}")
        finished = o.TaskFinished(
            task_id=outcome.task_id,
            task_class=outcome.task_class,
            succeeded=outcome.succeeded,
            engine=outcome.engine,
            seconds=max(0.0, outcome.finished_at - outcome.started_at),
            at=outcome.finished_at,
        )
        self.events.publish(o.TASKS_FINISHED, finished)


def _number(task_id: str) -> int:
    return int(task_id.removeprefix("task-"))
