"""Tests of ProactiveAgent: what is planned is told when it falls due, and only then."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.audio_interface.due_times import after_due, in_words, told
from agents.audio_interface.proactive_agent import SETTLE_SECONDS, ProactiveAgent
from agents.audio_interface.task_plan import MAX_DONE, MAX_OPEN, TASKS
from common.contracts.proactive import DUE_TASKS, AddReminderRequest, PlannedTask, TaskKind
from common.contracts.speech import Saying
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Agent = AgentHarness[ProactiveAgent]


def texts(agent: Agent) -> list[str]:
    """Return what was told, in order."""
    return [event.text for event in agent.published(DUE_TASKS)]


async def test_a_reminder_is_told_when_it_falls_due() -> None:
    """Nothing is told before its time, then once, and it is done."""
    async with AgentHarness(ProactiveAgent) as agent:
        added = await agent.call("add_reminder", text="drink some water", in_seconds=3)
        await agent.clock.advance(2.9)
        before = texts(agent)
        await agent.clock.advance(0.2)
        await agent.clock.advance(600)
        open_ones = await agent.call("get_tasks")
        all_of_them = await agent.call("get_tasks", include_done=True)

        assert before == []
        assert texts(agent) == ["Reminder: drink some water"]
        assert agent.published(DUE_TASKS)[0].late_seconds == 0
        assert open_ones.tasks == ()
        assert all_of_them.tasks == (added.task.model_copy(update={"done": True}),)


async def test_what_is_planned_later_may_fall_due_first() -> None:
    """A nearer reminder is not held up by a farther one that was there before."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_task", text="far", in_seconds=100)
        await agent.clock.advance(1)
        await agent.call("add_reminder", text="near", at=agent.clock.now() + 5)
        listed = await agent.call("get_tasks")
        await agent.clock.advance(200)

        assert [task.text for task in listed.tasks] == ["near", "far"]
        assert texts(agent) == ["Reminder: near", "It is time for your task: far"]


async def test_repeated_reminders_come_again() -> None:
    """A reminder with a repetition is told each time, and can be ended."""
    async with AgentHarness(ProactiveAgent) as agent:
        added = await agent.call("add_reminder", text="stretch", in_seconds=60, every_seconds=3600)
        await agent.clock.advance(60 + 2 * 3600)
        await agent.call("cancel_task", task_id=added.task.task_id)
        await agent.clock.advance(10 * 3600)

        assert texts(agent) == ["Reminder: stretch"] * 3


async def test_cancelled_ones_are_not_told() -> None:
    """What was cancelled does not happen, and cannot be cancelled twice."""
    async with AgentHarness(ProactiveAgent) as agent:
        added = await agent.call("add_reminder", text="x", in_seconds=10)
        await agent.call("cancel_task", task_id=added.task.task_id)
        await agent.clock.advance(60)
        with pytest.raises(ActionError) as caught:
            await agent.call("cancel_task", task_id=added.task.task_id)

        assert texts(agent) == []
        assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "task_id")


async def test_a_restart_forgets_nothing_and_says_what_was_missed() -> None:
    """What fell due while nobody was there is told late, once, and says so."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_reminder", text="call mum", in_seconds=60)
        await agent.call("add_reminder", text="later", in_seconds=7200)
        await agent.call("add_reminder", text="often", in_seconds=60, every_seconds=600)
        store, clock = agent.store, agent.clock
    clock.set(clock.now() + 3660)
    async with AgentHarness(ProactiveAgent, store=store, clock=clock) as agent:
        await clock.advance(SETTLE_SECONDS)
        mum, often = sorted(agent.published(DUE_TASKS), key=lambda event: event.task.text)

        assert mum.late_seconds == pytest.approx(3602)
        assert mum.text == (
            "Reminder: call mum (this was due 1 hour ago; I could not tell you then)"
        )
        assert often.skipped == 6
        assert "and 6 more times since" in often.text
        await clock.advance(3600)
        assert "Reminder: later" in texts(agent)


async def test_what_was_told_is_not_told_again_after_a_restart() -> None:
    """Done is done, also for the next process."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_reminder", text="x", in_seconds=1)
        await agent.clock.advance(1)
        store, clock = agent.store, agent.clock
        assert len(texts(agent)) == 1
    async with AgentHarness(ProactiveAgent, store=store, clock=clock) as agent:
        await clock.advance(3600)

        assert texts(agent) == []


async def test_a_crash_while_telling_is_told_again_and_says_so() -> None:
    """Nobody knows whether it was heard: it is told again, with a word about that."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_reminder", text="x", in_seconds=1)
        ((key, document),) = await agent.store.scan(TASKS)
        await agent.store.put(TASKS, key, {**document, "telling": True})
        store, clock = agent.store, agent.clock
    async with AgentHarness(ProactiveAgent, store=store, clock=clock) as agent:
        await clock.advance(1)
        (event,) = agent.published(DUE_TASKS)

        assert event.repeated
        assert event.text == "Reminder: x (I may have told you this already)"


async def test_the_mouth_speaks_it_when_there_is_one() -> None:
    """A reminder is also spoken; that nobody can speak changes nothing."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_reminder", text="quiet", in_seconds=1, session_id="kitchen")
        await agent.clock.advance(1)
        agent.peers.answer(
            "streaming_tts_agent", "speak", lambda _: Saying(utterance_id="u", waiting=0)
        )
        await agent.call("add_reminder", text="aloud", in_seconds=1, session_id="kitchen")
        await agent.clock.advance(1)
        asked = agent.peers.calls_of("streaming_tts_agent", "speak")

        assert len(texts(agent)) == 2
        assert [(say.text, say.session_id) for say in asked] == [
            ("Reminder: quiet", "kitchen"),
            ("Reminder: aloud", "kitchen"),
        ]


async def test_tasks_belong_to_users() -> None:
    """Asked for one user, the tasks of others are left out."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_task", text="a", in_seconds=60, user_id="anna")
        await agent.call("add_task", text="b", in_seconds=60, user_id="bert")
        hers = await agent.call("get_tasks", user_id="anna")

        assert [task.text for task in hers.tasks] == ["a"]


async def test_cleared_plans_are_not_told() -> None:
    """After clear_state nothing falls due any more."""
    async with AgentHarness(ProactiveAgent) as agent:
        await agent.call("add_reminder", text="x", in_seconds=5)
        await agent.call("clear_state")
        await agent.clock.advance(60)

        assert texts(agent) == []


async def test_plans_and_what_is_done_are_bounded() -> None:
    """Too many open ones are a conflict; of the done ones the latest are kept."""
    async with AgentHarness(ProactiveAgent) as agent:
        for number in range(MAX_OPEN):
            await agent.call("add_reminder", text=f"r{number}", in_seconds=0.001 * number)
        with pytest.raises(ActionError) as caught:
            await agent.call("add_reminder", text="x", in_seconds=1)
        await agent.clock.advance(10)
        done = await agent.call("get_tasks", include_done=True)

        assert caught.value.code is ErrorCode.CONFLICT
        assert len(texts(agent)) == MAX_OPEN
        assert len(done.tasks) == MAX_DONE
        assert len(await agent.store.scan(TASKS)) == MAX_DONE


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "x"}, "body"),
        ({"text": "x", "in_seconds": 1, "at": 2.0}, "body"),
        ({"text": " ", "in_seconds": 1}, "text"),
        ({"text": "x", "in_seconds": -1}, "in_seconds"),
        ({"text": "x", "in_seconds": 1e9}, "in_seconds"),
        ({"text": "x", "at": 1e12}, "at"),
        ({"text": "x", "in_seconds": 1, "every_seconds": 0}, "every_seconds"),
        ({"text": "x" * 2001, "in_seconds": 1}, "text"),
    ],
)
@pytest.mark.parametrize("action", ["add_reminder", "add_task"])
async def test_malformed_plans_are_invalid(
    action: str, fields: dict[str, object], field: str
) -> None:
    """A reminder without one time of its own, or out of bounds, is refused."""
    async with AgentHarness(ProactiveAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert caught.value.code is ErrorCode.INVALID
        assert caught.value.field == field


@pytest.mark.parametrize("field", ["in_seconds", "at", "every_seconds"])
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_no_time_is_not_a_number(field: str, number: float) -> None:
    """What is no number, or without end, is no time."""
    times = {} if field == "at" else {"in_seconds": 1}
    with pytest.raises(ValidationError, match=field):
        AddReminderRequest.model_validate({"text": "x", **times, field: number})


@given(
    st.floats(0, 2e9),
    st.floats(0, 1e8),
    st.none() | st.floats(1.0, 1e7),
)
def test_after_telling_the_next_time_lies_ahead(
    due_at: float, late: float, every: float | None
) -> None:
    """A task that was told is done, or due again in the future within one repetition."""
    task = PlannedTask(
        task_id="t", kind=TaskKind.TASK, text="x", due_at=due_at, user_id="u", session_id="s",
        every_seconds=every,
    )  # fmt: skip
    following, skipped = after_due(task, due_at + late)
    event = told(task, due_at + late, repeated=False)

    assert following.done is (every is None)
    assert event.skipped == skipped >= 0
    if every is not None:
        ahead = following.due_at - (due_at + late)
        assert -1e-3 <= ahead <= every + 1e-3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "a moment"), (1, "1 second"), (90, "1 minute"), (7300, "2 hours"), (2e5, "2 days")],
)
def test_spans_are_said_in_their_largest_unit(seconds: float, words: str) -> None:
    """People want to hear hours, not seconds."""
    assert in_words(seconds) == words
