"""
FeedbackHandler: confirms to the user what the system did with a command.

To see: an event that a screen shows. To hear: streaming_tts_agent, when it is there. What the
executor reports is confirmed without being asked. Deciding about commands may not enter.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from common.agent import Agent, action
from common.contracts.execution import EXECUTIONS, ExecutionReported
from common.contracts.feedback import (
    FEEDBACK,
    FeedbackGiven,
    FeedbackHistory,
    FeedbackHistoryRequest,
    FeedbackKind,
    FeedbackPreferences,
    FeedbackPreferencesReply,
    FeedbackRecord,
    FeedbackSent,
    SendFeedbackRequest,
)
from common.contracts.speech import Saying, SayRequest
from common.messages import ActionError, Query

SPEAKER: Final = "streaming_tts_agent"
SPEAK_SECONDS: Final = 3.0
MOST_KEPT: Final = 200
MOST_SHOWN: Final = 120
LOOKS: Final = {
    FeedbackKind.SUCCESS: ("check", "green"),
    FeedbackKind.FAILURE: ("cross", "red"),
    FeedbackKind.REFUSED: ("shield", "orange"),
    FeedbackKind.WARNING: ("triangle", "yellow"),
    FeedbackKind.INFO: ("info", "blue"),
}
"""Icon and colour of what is shown."""


class FeedbackHandler(Agent):
    """Show and say how commands went."""

    topics = (FEEDBACK,)

    async def start(self) -> None:
        """Begin to hear what is executed."""
        self._count = 0
        self._records: deque[FeedbackRecord] = deque(maxlen=MOST_KEPT)
        self._preferences = FeedbackPreferences()
        self.spawn(self._hear(), "hear executions")

    @action
    async def send_feedback(self, request: SendFeedbackRequest) -> FeedbackSent:
        """Confirm something to the user."""
        return await self._give(request)

    @action
    async def get_feedback_history(self, request: FeedbackHistoryRequest) -> FeedbackHistory:
        """Say what was confirmed, newest first."""
        newest = tuple(reversed(self._records))
        return FeedbackHistory(records=newest[: request.limit])

    @action
    async def set_feedback_preferences(
        self, request: FeedbackPreferences
    ) -> FeedbackPreferencesReply:
        """Choose what is shown and said of what agents report by themselves."""
        self._preferences = request
        return self._chosen()

    @action
    async def get_feedback_preferences(self, request: Query) -> FeedbackPreferencesReply:
        """Say what is shown and said of what agents report."""
        return self._chosen()

    def _chosen(self) -> FeedbackPreferencesReply:
        return FeedbackPreferencesReply.model_validate(self._preferences.model_dump())

    async def _hear(self) -> None:
        async for delivery in self.peers.subscribe(EXECUTIONS):
            report = delivery.event
            kind = kind_of(report)
            wanted = self._preferences
            await self._give(
                SendFeedbackRequest(
                    kind=kind,
                    message=sentence_about(report),
                    command=report.command[:2_000],
                    user_id=report.user_id[:200] or "anonymous",
                    visual=wanted.visual,
                    spoken=wanted.spoken and kind in wanted.spoken_kinds,
                )
            )

    async def _give(self, request: SendFeedbackRequest) -> FeedbackSent:
        self._count += 1
        feedback_id = f"feedback-{self._count:09d}"
        if request.visual:
            self._show(feedback_id, request)
        spoken, note = await self._say(request) if request.spoken else (False, "")
        self._records.append(
            FeedbackRecord(
                feedback_id=feedback_id, kind=request.kind, message=request.message,
                command=request.command, spoken=spoken, at=self.clock.now(),
            )
        )  # fmt: skip
        return FeedbackSent(feedback_id=feedback_id, shown=request.visual, spoken=spoken, note=note)

    def _show(self, feedback_id: str, request: SendFeedbackRequest) -> None:
        icon, colour = LOOKS[request.kind]
        self.events.publish(
            FEEDBACK,
            FeedbackGiven(
                feedback_id=feedback_id, kind=request.kind, message=request.message,
                command=request.command, session_id=request.session_id, user_id=request.user_id,
                icon=icon, colour=colour, duration_seconds=request.duration_seconds,
                at=self.clock.now(),
            ),
        )  # fmt: skip

    async def _say(self, request: SendFeedbackRequest) -> tuple[bool, str]:
        say = SayRequest(text=request.message, session_id=request.session_id)
        try:
            await self.peers.call(
                "streaming_tts_agent", "speak", say, Saying, timeout=SPEAK_SECONDS
            )
        except ActionError as error:
            return False, f"it was not spoken: {error.code.value}"
        return True, ""


def kind_of(report: ExecutionReported) -> FeedbackKind:
    """Return how an execution went."""
    if not report.allowed:
        return FeedbackKind.REFUSED
    if report.exit_code is None:
        return FeedbackKind.WARNING
    return FeedbackKind.SUCCESS if report.exit_code == 0 else FeedbackKind.FAILURE


def sentence_about(report: ExecutionReported) -> str:
    """Return a sentence for the user about an execution."""
    shown = " ".join(report.command.split())[:MOST_SHOWN] or "The command"
    why = f": {' '.join(report.reason.split())[:300]}" if report.reason.strip() else ""
    said = {
        FeedbackKind.SUCCESS: f"Done: {shown}.",
        FeedbackKind.FAILURE: f"{shown} failed with exit code {report.exit_code}{why}.",
        FeedbackKind.REFUSED: f"I did not run {shown}{why or ': it is not allowed'}.",
        FeedbackKind.WARNING: f"{shown} did not finish{why}.",
    }
    return said[kind_of(report)]
