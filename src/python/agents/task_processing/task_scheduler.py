"""
TaskScheduler: hands tasks to async_processor when their time and their dependencies have come.

Carrying tasks out may not enter.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, Final

from agents.task_processing.job_data import check
from agents.task_processing.task_plan import hopeless, order_of, ready
from common.agent import Agent, action
from common.contracts import jobs as j
from common.messages import ActionError, ErrorCode

PROCESSOR: Final = "async_processor"
TASKS: Final = "tasks"
MOST_OPEN: Final = 1_000
MOST_OVER: Final = 500
KEPT_SECONDS: Final = 7 * 86_400.0
PULSE_SECONDS: Final = 0.5
ASK_EACH: Final = 10  # pulses
ASK_SECONDS: Final = 3.0
LATER: Final = frozenset(
    {ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT, ErrorCode.OVERLOADED, ErrorCode.INTERNAL}
)
ENDS: Final = {
    j.JobPhase.DONE: j.TaskPhase.DONE,
    j.JobPhase.FAILED: j.TaskPhase.FAILED,
    j.JobPhase.CANCELLED: j.TaskPhase.CANCELLED,
}


class TaskScheduler(Agent):
    """Plan tasks, hand them over in order, follow the jobs that they become."""

    async def start(self) -> None:
        """Take up the plan of the process before, and follow the jobs."""
        self._changing = asyncio.Lock()
        await self.state_cleared()
        self.spawn(self._follow(), "follow")
        self.spawn(self._pulse(), "pulse")

    async def state_cleared(self) -> None:
        """Read the plan, which may be empty now."""
        rows = await self.store.scan(TASKS)
        self._tasks = {key: j.Task.model_validate(document) for key, document in rows}
        self._order = max((task.order for task in self._tasks.values()), default=0)

    @action
    async def schedule_task(self, request: j.ScheduleTaskRequest) -> j.TaskReply:
        """Plan a task; with a task_id, planning the same again gives the task that there is."""
        check(request.type, request.data)
        async with self._changing:
            known = self._tasks.get(request.task_id or "")
            if known is not None:
                if (known.type, known.data) != (request.type, request.data):
                    message = "expected the work of the task that there is, found other work"
                    raise ActionError(ErrorCode.CONFLICT, message, "task_id")
                return j.TaskReply(task=known)
            self._check_room(request)
            task = self._planned(request)
            await self._keep(task)
        await self._hand_over_all()
        return j.TaskReply(task=self._tasks[task.task_id])

    @action
    async def get_task(self, request: j.TaskQuery) -> j.TaskReply:
        """Say how far a task is."""
        return j.TaskReply(task=self._get(request.task_id))

    @action
    async def list_tasks(self, request: j.ListTasksRequest) -> j.Tasks:
        """Return tasks without their data, those that are not over first, in their order."""
        found = sorted(self._tasks.values(), key=lambda task: (task.phase.is_over, order_of(task)))
        chosen = [task for task in found if request.phase in (None, task.phase)]
        shown = (task.model_copy(update={"data": {}}) for task in chosen[: request.limit])
        return j.Tasks(tasks=tuple(shown))

    @action
    async def cancel_task(self, request: j.CancelTaskRequest) -> j.TaskReply:
        """Cancel a task that has not begun; its job, too, if it waits in the queue."""
        async with self._changing:
            task = self._get(request.task_id)
            if task.phase is j.TaskPhase.HANDED_OVER and task.job_id is not None:
                job = j.CancelJobRequest(job_id=task.job_id)
                await self.peers.call(PROCESSOR, "cancel_job", job, j.JobReply, timeout=ASK_SECONDS)
            elif task.phase.is_over and task.phase is not j.TaskPhase.CANCELLED:
                message = f"expected a task that has not begun, found one that is {task.phase}"
                raise ActionError(ErrorCode.CONFLICT, message, "task_id")
            if task.phase is not j.TaskPhase.CANCELLED:
                task = await self._end(task, j.TaskPhase.CANCELLED)
        await self._hand_over_all()
        return j.TaskReply(task=task)

    async def _pulse(self) -> None:
        for pulse in count():
            if pulse % ASK_EACH == 0:
                await self._ask_for_ends()  # events may be lost
            await self._hand_over_all()
            await self.clock.sleep(PULSE_SECONDS)

    async def _follow(self) -> None:
        async for delivery in self.peers.subscribe(j.JOB_CHANGES):
            if delivery.event.phase.is_over:
                await self._ask_for_ends(delivery.event.job_id)
                await self._hand_over_all()

    async def _hand_over_all(self) -> None:
        async with self._changing:
            while broken := hopeless(self._tasks):
                for task, name in broken:
                    error = f"{name}, which it waits for, was not done"
                    await self._end(task, j.TaskPhase.FAILED, error=error)
            for task in ready(self._tasks, self.clock.now()):
                if not await self._hand_over(task):
                    return  # nobody overtakes a task that waits for room

    async def _hand_over(self, task: j.Task) -> bool:
        fields = ("type", "data", "priority", "shares", "max_attempts")
        job_id = f"task:{task.task_id}"
        wanted = j.SubmitJobRequest(job_id=job_id, **{name: getattr(task, name) for name in fields})
        try:
            await self.peers.call(PROCESSOR, "submit_job", wanted, j.JobReply, timeout=ASK_SECONDS)
        except ActionError as error:
            if error.code in LATER:
                return False
            await self._end(task, j.TaskPhase.FAILED, error=str(error))
            return True
        now = self.clock.now()
        fields_now = {"phase": j.TaskPhase.HANDED_OVER, "job_id": job_id, "handed_over_at": now}
        await self._keep(task.model_copy(update=fields_now))
        return True

    async def _ask_for_ends(self, job_id: str | None = None) -> None:
        async with self._changing:
            for task in tuple(self._tasks.values()):
                is_asked = task.phase is j.TaskPhase.HANDED_OVER and task.job_id is not None
                if is_asked and job_id in (None, task.job_id):
                    await self._ask_for_end(task)

    async def _ask_for_end(self, task: j.Task) -> None:
        asked = j.JobQuery(job_id=task.job_id or "")
        try:
            found = await self.peers.call(
                PROCESSOR, "get_job", asked, j.JobReply, timeout=ASK_SECONDS
            )
        except ActionError as error:
            if error.code is ErrorCode.NOT_FOUND:
                await self._end(task, j.TaskPhase.FAILED, error="its job is not known any more")
            return
        job = found.job
        if job.phase in ENDS:
            await self._end(task, ENDS[job.phase], result=job.result, error=job.error)

    def _get(self, task_id: str) -> j.Task:
        task = self._tasks.get(task_id)
        if task is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"no task {task_id!r} is known", "task_id")
        return task

    def _check_room(self, request: j.ScheduleTaskRequest) -> None:
        for name in request.after:  # which must be there before: no circle can arise
            if name not in self._tasks:
                raise ActionError(ErrorCode.NOT_FOUND, f"no task {name!r} is known", "after")
        if sum(not task.phase.is_over for task in self._tasks.values()) >= MOST_OPEN:
            message = f"expected at most {MOST_OPEN} tasks that are not over, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message)

    def _planned(self, request: j.ScheduleTaskRequest) -> j.Task:
        self._order += 1
        now = self.clock.now()
        due_at = request.due_at if request.due_at is not None else now + request.delay_seconds
        told: dict[str, Any] = dict(request)
        del told["delay_seconds"]
        task_id = request.task_id or f"task-{int(now * 1_000_000):014x}-{self._order:x}"
        planned = {"task_id": task_id, "due_at": due_at, "phase": j.TaskPhase.PLANNED}
        return j.Task(**told | planned, order=self._order, scheduled_at=now)

    async def _end(self, task: j.Task, phase: j.TaskPhase, **fields: Any) -> j.Task:
        ended = task.model_copy(update={"phase": phase, "finished_at": self.clock.now(), **fields})
        await self._keep(ended)
        over = [task for task in self._tasks.values() if task.phase.is_over]
        for old in sorted(over, key=lambda task: -(task.finished_at or 0.0))[MOST_OVER:]:
            del self._tasks[old.task_id]
            await self.store.delete(TASKS, old.task_id)
        return ended

    async def _keep(self, task: j.Task) -> None:
        self._tasks[task.task_id] = task
        over = task.finished_at
        expires_at = over + KEPT_SECONDS if over is not None else None
        await self.store.put(
            TASKS, task.task_id, task.model_dump(mode="json"), expires_at=expires_at
        )
