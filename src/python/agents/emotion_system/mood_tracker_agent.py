"""
MoodTrackerAgent: the mood of each user over a conversation, and over days.

What a mood is, is in `moods`; reading texts belongs to the emotion engine.
"""

from __future__ import annotations

from agents.emotion_system.moods import MoodRecord, daily_trend, hourly_trend, with_feeling
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts.emotion import (
    EMOTIONS,
    EmotionQuery,
    LongTermMood,
    LongTermMoodRequest,
    MoodHistory,
    MoodHistoryRequest,
    MoodReply,
)

KEPT_SECONDS = 400 * 24 * 3600.0
MAX_USERS = 1_000


class MoodTrackerAgent(Agent):
    """Follow the emotion engine, and keep what becomes of its changes for 400 days."""

    async def start(self) -> None:
        """Take up who is known and follow their feelings."""
        self._moods = BoundedDocuments(
            self.store, self.clock, "moods", most=MAX_USERS, seconds=KEPT_SECONDS
        )
        await self._moods.load()
        self.spawn(self._follow(), "emotions")

    async def state_cleared(self) -> None:
        """Forget who is known."""
        await self._moods.load()

    @action
    async def get_current_mood(self, request: EmotionQuery) -> MoodReply:
        """Say the mood of a user and where it is going."""
        record = await self._record(request.user_id)
        return MoodReply(
            user_id=request.user_id,
            mood=record.mood,
            valence=record.valence,
            trend=hourly_trend(record.samples),
            samples=record.count,
        )

    @action
    async def get_mood_history(self, request: MoodHistoryRequest) -> MoodHistory:
        """Return the latest samples of a user."""
        record = await self._record(request.user_id)
        since = [sample for sample in record.samples if sample.at >= request.since]
        return MoodHistory(user_id=request.user_id, samples=tuple(since[-request.limit :]))

    @action
    async def get_long_term_mood(self, request: LongTermMoodRequest) -> LongTermMood:
        """Return the mood of each of the latest days, and their average and trend."""
        days = (await self._record(request.user_id)).days[-request.days :]
        count = sum(day.samples for day in days)
        total = sum(day.valence * day.samples for day in days)
        return LongTermMood(
            user_id=request.user_id,
            valence=max(-1.0, min(1.0, total / count)) if count else 0.0,
            trend=daily_trend(days),
            days=days,
        )

    async def _record(self, user_id: str) -> MoodRecord:
        document = await self._moods.get(user_id)
        return MoodRecord.model_validate(document) if document else MoodRecord()

    async def _follow(self) -> None:
        async for delivery in self.peers.subscribe(EMOTIONS):
            changed = delivery.event
            record = await self._record(changed.user_id)
            moved = with_feeling(record, changed.state, self.clock.now())
            await self._moods.put(changed.user_id, moved.model_dump(mode="json"))
