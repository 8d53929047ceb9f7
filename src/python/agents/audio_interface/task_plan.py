"""
What is planned, durable in a store: what falls due next, what is being told, what is done.

Telling may not enter. A task is marked as being told before anybody hears of it, so that after a
crash at that moment it is known that it may have been heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from common.contracts.proactive import PlannedTask
from common.messages import ActionError, ErrorCode
from common.state import Document, Store

TASKS: Final = "tasks"
MAX_OPEN: Final = 2_000
MAX_DONE: Final = 200
DONE_SECONDS: Final = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Entry:
    """A task; `telling` when a process began to tell it and did not come to the end."""

    task: PlannedTask
    telling: bool = False


class TaskPlan:
    """Keep tasks in the store, and all of them at hand."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[str, Entry] = {}
        self._done: dict[str, PlannedTask] = {}

    async def load(self) -> None:
        """Take up what the process before has planned."""
        self._entries, self._done = {}, {}
        for key, document in await self._store.scan(TASKS):
            task = PlannedTask.model_validate(document["task"])
            if task.done:
                self._done[key] = task
            else:
                self._entries[key] = Entry(task, document["telling"] is True)

    def tasks(self, *, with_done: bool) -> tuple[PlannedTask, ...]:
        """Return what is planned, the first due first."""
        open_tasks = [entry.task for entry in self._entries.values()]
        found = [*open_tasks, *(self._done.values() if with_done else ())]
        return tuple(sorted(found, key=lambda task: (task.due_at, task.task_id)))

    def next_due(self) -> float | None:
        """Return when the next task falls due."""
        return min((entry.task.due_at for entry in self._entries.values()), default=None)

    def due(self, now: float) -> tuple[Entry, ...]:
        """Return what is due, the first due first."""
        found = [entry for entry in self._entries.values() if entry.task.due_at <= now]
        return tuple(sorted(found, key=lambda entry: (entry.task.due_at, entry.task.task_id)))

    async def add(self, task: PlannedTask) -> None:
        """Plan a task; it is durable when this returns."""
        if len(self._entries) >= MAX_OPEN:
            message = f"expected at most {MAX_OPEN} open tasks; cancel one first"
            raise ActionError(ErrorCode.CONFLICT, message)
        await self._put(task, telling=False)
        self._entries[task.task_id] = Entry(task)

    async def begin_telling(self, task: PlannedTask) -> bool:
        """Note that a task is about to be told; False when it is not planned any more."""
        if task.task_id not in self._entries:
            return False
        await self._put(task, telling=True)
        if task.task_id not in self._entries:  # it was cancelled in the meantime
            await self._store.delete(TASKS, task.task_id)
            return False
        self._entries[task.task_id] = Entry(task, telling=True)
        return True

    async def told(self, task: PlannedTask, now: float) -> None:
        """Keep what became of a task that was told: done, or planned anew."""
        if task.task_id not in self._entries:  # it was cancelled while it was told
            await self._store.delete(TASKS, task.task_id)
            return
        expires_at = now + DONE_SECONDS if task.done else None
        if task.done:
            del self._entries[task.task_id]
            self._done[task.task_id] = task
        else:
            self._entries[task.task_id] = Entry(task)
        await self._put(task, telling=False, expires_at=expires_at)
        while len(self._done) > MAX_DONE:
            oldest = next(iter(self._done))
            del self._done[oldest]
            await self._store.delete(TASKS, oldest)

    async def cancel(self, task_id: str) -> PlannedTask:
        """Take a task out of the plan."""
        entry = self._entries.pop(task_id, None)
        if entry is None:
            state = "is done already" if task_id in self._done else "is not planned"
            raise ActionError(ErrorCode.NOT_FOUND, f"task {task_id!r} {state}", "task_id")
        await self._store.delete(TASKS, task_id)
        return entry.task

    async def _put(
        self, task: PlannedTask, *, telling: bool, expires_at: float | None = None
    ) -> None:
        document: Document = {"task": task.model_dump(mode="json"), "telling": telling}
        await self._store.put(TASKS, task.task_id, document, expires_at=expires_at)
