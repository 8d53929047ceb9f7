"""Tests of FeedbackHandler: confirmations to see and to hear."""

from __future__ import annotations

import pytest

from agents.language_processing.feedback_handler import (
    MOST_KEPT,
    FeedbackHandler,
    kind_of,
    sentence_about,
)
from common.contracts.execution import EXECUTIONS, ExecutionReported
from common.contracts.feedback import FEEDBACK, FeedbackKind
from common.contracts.speech import Saying, SayRequest
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


def report(
    *, allowed: bool = True, exit_code: int | None = 0, reason: str = "", command: str = "date"
) -> ExecutionReported:
    """Return what the executor tells."""
    return ExecutionReported(
        execution_id="e1", command=command, user_id="ada", allowed=allowed, exit_code=exit_code,
        reason=reason, at=0.0,
    )  # fmt: skip


async def test_feedback_is_shown_and_spoken() -> None:
    """A confirmation is an event for the screen and a sentence for the loudspeaker."""
    async with AgentHarness(FeedbackHandler) as agent:
        agent.peers.answer(
            "streaming_tts_agent", "speak", lambda request: Saying(utterance_id="u", waiting=0)
        )
        sent = await agent.call("send_feedback", kind="success", message="The light is on.")
        shown = agent.published(FEEDBACK)

        assert (sent.shown, sent.spoken) == (True, True)
        assert [(e.message, e.icon, e.colour) for e in shown] == [
            ("The light is on.", "check", "green")
        ]
        assert agent.peers.calls_of("streaming_tts_agent", "speak") == (
            SayRequest(text="The light is on."),
        )


async def test_without_a_voice_it_is_shown_only() -> None:
    """The reply says why nothing was heard."""
    async with AgentHarness(FeedbackHandler) as agent:
        sent = await agent.call("send_feedback", message="Done.")

        assert (sent.shown, sent.spoken) == (True, False)
        assert sent.note


async def test_what_ran_is_confirmed_without_being_asked() -> None:
    """What the executor reports is shown; a refusal says that it is one."""
    async with AgentHarness(FeedbackHandler) as agent:
        await agent.clock.settle()
        agent.peers.happen(EXECUTIONS, report())
        agent.peers.happen(EXECUTIONS, report(allowed=False, command="rm -rf /"))
        await agent.clock.settle()
        history = await agent.call("get_feedback_history")

        assert [e.kind for e in agent.published(FEEDBACK)] == ["success", "refused"]
        assert history.records[0].message == "I did not run rm -rf /: it is not allowed."


async def test_preferences_silence_what_is_reported() -> None:
    """Who does not want to hear it does not; what is asked for is spoken still."""
    async with AgentHarness(FeedbackHandler) as agent:
        await agent.clock.settle()
        await agent.call("set_feedback_preferences", spoken=False, visual=False)
        agent.peers.happen(EXECUTIONS, report())
        await agent.clock.settle()

        assert agent.published(FEEDBACK) == ()
        assert agent.peers.calls_of("streaming_tts_agent", "speak") == ()
        assert not (await agent.call("get_feedback_preferences")).spoken


async def test_the_history_is_bounded() -> None:
    """The oldest confirmations are forgotten."""
    async with AgentHarness(FeedbackHandler) as agent:
        for number in range(MOST_KEPT + 5):
            await agent.call("send_feedback", message=f"m{number}", spoken=False, visual=False)
        history = await agent.call("get_feedback_history", limit=200)

        assert len(history.records) == MOST_KEPT
        assert history.records[0].message == f"m{MOST_KEPT + 4}"


async def test_an_empty_message_is_invalid() -> None:
    """Nothing cannot be confirmed."""
    async with AgentHarness(FeedbackHandler) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("send_feedback", message="  ")

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "message")


def test_every_end_has_its_kind_and_sentence() -> None:
    """Success, failure, refusal and no end are told apart."""
    ends = (report(), report(exit_code=2, reason="no file"), report(allowed=False),
            report(exit_code=None, reason="timed out"))  # fmt: skip

    assert [kind_of(end) for end in ends] == [
        FeedbackKind.SUCCESS, FeedbackKind.FAILURE, FeedbackKind.REFUSED, FeedbackKind.WARNING,
    ]  # fmt: skip
    assert sentence_about(ends[1]) == "date failed with exit code 2: no file."
