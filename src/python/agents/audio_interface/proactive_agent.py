"""
ProactiveAgent: keeps reminders and tasks, and begins to talk when one falls due.

Dates and wording are in `due_times`, what is durable in `task_plan`. Understanding sentences
belongs to the language agents.
"""

from __future__ import annotations

import asyncio
import uuid

from agents.audio_interface.due_times import after_due, planned, told
from agents.audio_interface.task_plan import TaskPlan
from common.agent import Agent, action
from common.contracts.proactive import (
    DUE_TASKS,
    AddReminderRequest,
    AddTaskRequest,
    CancelTaskRequest,
    FellDue,
    GetTasksRequest,
    PlannedTask,
    TaskAdded,
    TaskCancelled,
    TaskKind,
    Tasks,
)
from common.contracts.speech import Saying, SayRequest
from common.messages import ActionError

MOUTH = "streaming_tts_agent"
SPEAK_SECONDS = 2.0
LONGEST_SLEEP = 60.0  # then the clock is read again: it may have been set
SETTLE_SECONDS = 2.0  # after a restart, so that subscribers are back when they are told


class ProactiveAgent(Agent):
    """Tell each task when it falls due: once, and after a crash rather twice than never."""

    topics = (DUE_TASKS,)

    async def start(self) -> None:
        """Take up the plan and wait for what falls due."""
        self._plan = TaskPlan(self.store)
        await self._plan.load()
        self._changed = asyncio.Event()
        self.spawn(self._wait(), "due tasks")

    async def state_cleared(self) -> None:
        """Forget the plan."""
        await self._plan.load()
        self._changed.set()

    @action
    async def add_reminder(self, request: AddReminderRequest) -> TaskAdded:
        """Plan to remind the user of something."""
        return await self._add(request, TaskKind.REMINDER)

    @action
    async def add_task(self, request: AddTaskRequest) -> TaskAdded:
        """Plan something that the user has to do."""
        return await self._add(request, TaskKind.TASK)

    @action
    async def get_tasks(self, request: GetTasksRequest) -> Tasks:
        """Return what is planned, and what is done when that is wanted."""
        found = self._plan.tasks(with_done=request.include_done)
        user_id = request.user_id
        return Tasks(tasks=tuple(task for task in found if user_id in (None, task.user_id)))

    @action
    async def cancel_task(self, request: CancelTaskRequest) -> TaskCancelled:
        """Take a reminder or task out of the plan."""
        task = await self._plan.cancel(request.task_id)
        self._changed.set()
        return TaskCancelled(task=task)

    async def _add(self, request: AddReminderRequest, kind: TaskKind) -> TaskAdded:
        task = planned(request, kind, f"{kind.value}-{uuid.uuid4().hex}", self.clock.now())
        await self._plan.add(task)
        self._changed.set()
        return TaskAdded(task=task)

    async def _wait(self) -> None:
        if self._plan.due(self.clock.now()):
            await self.clock.sleep(SETTLE_SECONDS)
        while True:
            self._changed.clear()
            for entry in self._plan.due(self.clock.now()):
                await self._tell(entry.task, repeated=entry.telling)
            await self._until_due_or_changed()

    async def _until_due_or_changed(self) -> None:
        next_due = self._plan.next_due()
        seconds = LONGEST_SLEEP if next_due is None else next_due - self.clock.now()
        waiting = {
            asyncio.ensure_future(self.clock.sleep(min(LONGEST_SLEEP, max(0.0, seconds)))),
            asyncio.ensure_future(self._changed.wait()),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _tell(self, task: PlannedTask, *, repeated: bool) -> None:
        if not await self._plan.begin_telling(task):
            return
        now = self.clock.now()
        event = told(task, now, repeated=repeated)
        self.events.publish(DUE_TASKS, event)
        following, _ = after_due(task, now)
        await self._plan.told(following, now)
        self.spawn(self._speak(event), f"speak {task.task_id}")

    async def _speak(self, event: FellDue) -> None:
        say = SayRequest(text=event.text, session_id=event.task.session_id)
        try:
            await self.peers.call(MOUTH, "speak", say, Saying, timeout=SPEAK_SECONDS)
        except ActionError as error:
            self.log.info("nobody spoke it: %s", error)
