"""Reminders on real processes: they arrive in time, also after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from common.contracts.proactive import (
    DUE_TASKS,
    AddReminderRequest,
    FellDue,
    GetTasksRequest,
    TaskAdded,
    Tasks,
)
from common.peers import Delivery
from fleet.testing.household import Household, household

SECONDS = 20.0


async def remind(home: Household, text: str, seconds: float) -> TaskAdded:
    """Plan a reminder."""
    request = AddReminderRequest(text=text, in_seconds=seconds, user_id="anna")
    return await home.call("proactive_agent", "add_reminder", request, TaskAdded)


@asynccontextmanager
async def hearing(home: Household) -> AsyncIterator[asyncio.Queue[FellDue]]:
    """Collect what falls due, from before the block begins."""
    heard: asyncio.Queue[FellDue] = asyncio.Queue()

    async def hear() -> None:
        async with aclosing(home.peers.subscribe(DUE_TASKS)) as deliveries:
            async for delivery in deliveries:
                take(delivery)

    def take(delivery: Delivery[FellDue]) -> None:
        heard.put_nowait(delivery.event)

    task = asyncio.create_task(hear())
    try:
        yield heard
    finally:
        task.cancel()


async def test_a_reminder_arrives_when_it_falls_due(tmp_path: Path) -> None:
    """In three seconds means in three seconds, once, and then it is done."""
    async with household(tmp_path, "proactive_agent") as home, hearing(home) as heard:
        added = await remind(home, "drink some water", 3.0)
        event = await asyncio.wait_for(heard.get(), SECONDS)
        left = await home.call("proactive_agent", "get_tasks", GetTasksRequest(), Tasks)

        assert event.task.task_id == added.task.task_id
        assert event.text == "Reminder: drink some water"
        assert 0.0 <= event.at - added.task.due_at < 1.0
        assert left.tasks == ()
        assert heard.empty()


async def test_a_reminder_survives_a_crash_and_says_how_late_it_is(tmp_path: Path) -> None:
    """What fell due while the agent was dead is told when it is back, and nothing twice."""
    async with household(tmp_path, "proactive_agent") as home, hearing(home) as heard:
        await remind(home, "call mum", 1.5)
        await remind(home, "bring out the bin", 14.0)
        await home.kill("proactive_agent")
        await asyncio.sleep(5.0)  # it falls due, and is missed, while nobody is there
        await home.start("proactive_agent")
        first = await asyncio.wait_for(heard.get(), SECONDS)
        second = await asyncio.wait_for(heard.get(), SECONDS)

        assert first.task.text == "call mum"
        assert first.late_seconds > 5.0
        assert "I could not tell you then" in first.text
        assert second.text == "Reminder: bring out the bin"
        assert heard.empty()
