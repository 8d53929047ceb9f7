"""
The skill of reminding: a time is handed to who has a clock, the rest is remembered.

What a time means in words is the business of the language agents.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agents.core_services.memory_skills import remember
from agents.core_services.question import Content, Question, sentence
from agents.core_services.worker_calls import WorkerCalls
from common.contracts import proactive as p

PROACTIVE: Final = "proactive_agent"
UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


async def remind(question: Question, calls: WorkerCalls) -> Content:
    """Have the user reminded; without a time, or anybody who could, it is a fact to ask for."""
    wanted, when = _wish(question)
    if wanted is None:
        return await _only_remember(question, calls, "you told me no time to remind you at")
    added = await calls.ask_if_there(question.trace, PROACTIVE, "add_reminder", wanted, p.TaskAdded)
    if added is None:
        return await _only_remember(question, calls, "I have no alarm that would ring")
    question.trace.facts["task_id"] = added.task.task_id
    question.trace.facts["due_at"] = added.task.due_at
    return Content(sentence(f"I will remind you {when}: {added.task.text}"))


def _wish(question: Question) -> tuple[p.AddReminderRequest | None, str]:
    seconds, at = question.analysis.first("seconds"), question.analysis.first("at")
    text = question.analysis.first("task") or question.text
    user, session = question.request.user_id, question.request.session_id
    if seconds is not None:
        wait = float(seconds)
        asked = p.AddReminderRequest(
            text=text[:2_000], in_seconds=wait, user_id=user, session_id=session
        )
        return asked, f"in {duration(wait)}"
    if at is None:
        return None, ""
    moment = datetime.fromisoformat(at)
    asked = p.AddReminderRequest(
        text=text[:2_000], at=moment.timestamp(), user_id=user, session_id=session
    )
    return asked, f"at {moment:%H:%M} on {moment:%A}, {moment.day} {moment:%B}"


async def _only_remember(question: Question, calls: WorkerCalls, reason: str) -> Content:
    kept = await remember(question, calls)
    return Content(f"{kept.text} Ask me for it: {reason}.", kept.mood)


def duration(seconds: float) -> str:
    """Return a duration in words, such as `1 hour and 30 minutes`."""
    left, parts = round(seconds), []
    for unit, size in UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "a moment"
