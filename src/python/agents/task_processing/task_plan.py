"""
Which tasks are next: by time, by what they wait for, by priority. Pure.

Handing tasks over and keeping them may not enter.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.jobs import Task, TaskPhase

BROKEN = (TaskPhase.FAILED, TaskPhase.CANCELLED)


def order_of(task: Task) -> tuple[int, float, int]:
    """Return what tasks are sorted by: priority, then time, then the order they came in."""
    return task.priority, task.due_at, task.order


def ready(tasks: Mapping[str, Task], now: float) -> tuple[Task, ...]:
    """Return the tasks that can be handed over, in order; a forgotten dependency was done."""
    found = [
        task
        for task in tasks.values()
        if task.phase is TaskPhase.PLANNED
        and task.due_at <= now
        and all(tasks[name].phase is TaskPhase.DONE for name in task.after if name in tasks)
    ]
    return tuple(sorted(found, key=order_of))


def hopeless(tasks: Mapping[str, Task]) -> tuple[tuple[Task, str], ...]:
    """Return planned tasks that wait for one which will never be done, and which that is."""
    found = []
    for task in sorted(tasks.values(), key=order_of):
        if task.phase is TaskPhase.PLANNED:
            broken = [n for n in task.after if n in tasks and tasks[n].phase in BROKEN]
            if broken:
                found.append((task, broken[0]))
    return tuple(found)
