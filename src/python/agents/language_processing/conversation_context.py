"""
What the responder keeps between answers, per session, each with an expiry.

Only storage lives here: no wording and no peer.
"""

from __future__ import annotations

import asyncio

from pydantic import JsonValue

from common.clock import Clock
from common.contracts.language import Mood, ResponderState
from common.state import Store

FACE_SECONDS = 300.0
MOOD_SECONDS = 120.0
FEELING_SECONDS = 1_800.0
INTERRUPT_SECONDS = 60.0
CHARACTERS_PER_SECOND = 15.0
MAX_WAITING = 20

FACES = "faces"
MOODS = "moods"
FEELINGS = "feelings"
INTERRUPTS = "interrupts"
SPEECH = "speech"


class ConversationContext:
    """Keep faces, moods, interrupts and the speech that is not spoken yet."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = asyncio.Lock()

    async def mood_of(self, user: str) -> Mood | None:
        """Return how a user feels, as far as that is known and not too long ago."""
        found = await self._store.get(FEELINGS, user)
        return Mood(str(found["mood"])) if found else None

    async def note_feeling(self, user: str, mood: Mood) -> None:
        """Keep how a user feels, in whatever session; what is neutral is nothing to keep."""
        if mood is Mood.NEUTRAL:
            await self._store.delete(FEELINGS, user)
            return
        await self._keep(FEELINGS, user, {"mood": mood.value}, FEELING_SECONDS)

    async def read(self, session: str) -> ResponderState:
        """Return everything that has not expired."""
        face = await self._store.get(FACES, session)
        mood = await self._store.get(MOODS, session)
        return ResponderState(
            session_id=session,
            face=str(face["name"]) if face else None,
            mood=Mood(str(mood["mood"])) if mood else None,
            interrupted=await self._store.get(INTERRUPTS, session) is not None,
            pending_speech=tuple(text for text, _ in await self._waiting(session)),
        )

    async def see(self, session: str, name: str) -> float:
        """Keep the recognised face and return when it is forgotten."""
        return await self._keep(FACES, session, {"name": name}, FACE_SECONDS)

    async def feel(self, session: str, mood: Mood) -> float:
        """Keep the mood of the user and return when it is forgotten."""
        return await self._keep(MOODS, session, {"mood": mood.value}, MOOD_SECONDS)

    async def interrupt(self, session: str, reason: str) -> tuple[int, float]:
        """Drop the speech that waits; return how much that was and when this is forgotten."""
        async with self._lock:
            dropped = len(await self._waiting(session))
            await self._store.delete(SPEECH, session)
            earlier = await self._store.get(INTERRUPTS, session)
            before = earlier["dropped"] if earlier else 0
            document: dict[str, JsonValue] = {
                "dropped": dropped + (before if isinstance(before, int) else 0),
                "reason": reason,
            }
            expires_at = await self._keep(INTERRUPTS, session, document, INTERRUPT_SECONDS)
        return dropped, expires_at

    async def take_interrupt(self, session: str) -> int:
        """Return how much speech an interrupt dropped, and forget the interrupt."""
        async with self._lock:
            found = await self._store.get(INTERRUPTS, session)
            await self._store.delete(INTERRUPTS, session)
        dropped = found["dropped"] if found else 0
        return dropped if isinstance(dropped, int) else 0

    async def add_speech(self, session: str, text: str) -> None:
        """Queue a text behind what is being spoken."""
        async with self._lock:
            waiting = await self._waiting(session)
            begins = max((until for _, until in waiting), default=self._clock.now())
            until = begins + len(text) / CHARACTERS_PER_SECOND
            queued = [*waiting, (text, until)][-MAX_WAITING:]
            listed: list[JsonValue] = [{"text": said, "until": end} for said, end in queued]
            await self._store.put(SPEECH, session, {"waiting": listed}, expires_at=until)

    async def finish_speech(self, session: str) -> None:
        """Note that everything was spoken."""
        async with self._lock:
            await self._store.delete(SPEECH, session)

    async def _waiting(self, session: str) -> list[tuple[str, float]]:
        document = await self._store.get(SPEECH, session)
        listed = document["waiting"] if document else []
        now = self._clock.now()
        waiting = []
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict) and float(str(entry["until"])) > now:
                waiting.append((str(entry["text"]), float(str(entry["until"]))))
        return waiting

    async def _keep(
        self, collection: str, session: str, document: dict[str, JsonValue], seconds: float
    ) -> float:
        expires_at = self._clock.now() + seconds
        await self._store.put(collection, session, document, expires_at=expires_at)
        return expires_at
