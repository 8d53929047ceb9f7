"""When planned things fall due, and how they are told. No storage and no timer may enter."""

from __future__ import annotations

from typing import Final

from common.contracts.proactive import AddReminderRequest, FellDue, PlannedTask, TaskKind

LATE_SECONDS: Final = 5.0
"""What is told later than this was missed, and is told as such."""

_UNITS: Final = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def planned(request: AddReminderRequest, kind: TaskKind, task_id: str, now: float) -> PlannedTask:
    """Make a request into what is planned."""
    due_at = request.at if request.in_seconds is None else now + request.in_seconds
    return PlannedTask(
        task_id=task_id,
        kind=kind,
        text=request.text.strip(),
        due_at=now if due_at is None else due_at,
        user_id=request.user_id,
        session_id=request.session_id,
        every_seconds=request.every_seconds,
    )


def after_due(task: PlannedTask, now: float) -> tuple[PlannedTask, int]:
    """Return the task after it was told, and how many repetitions passed untold."""
    if task.every_seconds is None:
        return task.model_copy(update={"done": True}), 0
    passed = int(max(0.0, now - task.due_at) // task.every_seconds)
    due_at = task.due_at + (passed + 1) * task.every_seconds
    return task.model_copy(update={"due_at": due_at}), passed


def told(task: PlannedTask, now: float, *, repeated: bool) -> FellDue:
    """Say that a task fell due; one that was missed says how late it is."""
    late = max(0.0, now - task.due_at)
    _, skipped = after_due(task, now)
    return FellDue(
        task=task,
        text=_words(task, late, skipped, repeated),
        at=now,
        late_seconds=late if late > LATE_SECONDS else 0.0,
        skipped=skipped,
        repeated=repeated,
    )


def in_words(seconds: float) -> str:
    """Return a span of time as people say it, in its largest unit."""
    for length, name in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "a moment"


def _words(task: PlannedTask, late: float, skipped: int, repeated: bool) -> str:
    what = "Reminder" if task.kind is TaskKind.REMINDER else "It is time for your task"
    text = f"{what}: {task.text}"
    if late > LATE_SECONDS:
        text += f" (this was due {in_words(late)} ago; I could not tell you then)"
    if skipped:
        text += f" (and {skipped} more time{'' if skipped == 1 else 's'} since)"
    return f"{text} (I may have told you this already)" if repeated else text
