"""
DynamicIdentityAgent: the persona that the assistant shows.

Who it can be is data in personas. A switch is written down, told to whoever subscribed, and to the
agents that choose wording and voice when they are there.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agents.language_processing.personas import DEFAULT, PERSONAS
from common.agent import Agent, action
from common.contracts.emotion import Emotion, EmotionalStateReply, UpdateEmotionRequest
from common.contracts.identity import (
    PERSONA_CHANGES,
    Persona,
    PersonaChanged,
    PersonaList,
    PersonaReply,
    SwitchPersonaRequest,
)
from common.messages import ActionError, ErrorCode, Query
from common.state import Document

COLLECTION: Final = "persona"
CURRENT: Final = "current"
TELL_SECONDS: Final = 2.0
WARM: Final = 0.7


class DynamicIdentityAgent(Agent):
    """Show one persona at a time; it outlives the process."""

    topics = (PERSONA_CHANGES,)

    async def start(self) -> None:
        """Show the persona that was shown last."""
        self._switching = asyncio.Lock()
        self._current: str = DEFAULT
        self._since: float = self.clock.now()
        await self._load()

    async def state_cleared(self) -> None:
        """Show the default persona."""
        await self._load()

    @action
    async def switch_persona(self, request: SwitchPersonaRequest) -> PersonaReply:
        """Show another persona, and tell others of it."""
        wanted = PERSONAS.get(request.persona)
        if wanted is None:
            message = f"expected one of {', '.join(sorted(PERSONAS))}, found {request.persona}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "persona")
        async with self._switching:
            before = self._current
            if before == wanted.name:
                return PersonaReply(persona=wanted, since=self._since)
            self._current, self._since = wanted.name, self.clock.now()
            document: Document = {"name": self._current, "since": self._since}
            await self.store.put(COLLECTION, CURRENT, document)
        self.events.publish(
            PERSONA_CHANGES,
            PersonaChanged(
                persona=wanted, before=before, reason=request.reason, user_id=request.user_id,
                at=self._since,
            ),
        )  # fmt: skip
        told = await self._tell(wanted, request.user_id)
        return PersonaReply(persona=wanted, since=self._since, changed=True, told=told)

    @action
    async def get_current_persona(self, request: Query) -> PersonaReply:
        """Say which persona is shown."""
        return PersonaReply(persona=PERSONAS[self._current], since=self._since)

    @action
    async def list_personas(self, request: Query) -> PersonaList:
        """Say which personas there are."""
        personas = tuple(PERSONAS[name] for name in sorted(PERSONAS))
        return PersonaList(personas=personas, current=self._current)

    async def _load(self) -> None:
        kept = await self.store.get(COLLECTION, CURRENT) or {}
        name, since = kept.get("name"), kept.get("since")
        # A persona of an older release may be gone.
        self._current = name if isinstance(name, str) and name in PERSONAS else DEFAULT
        self._since = float(since) if isinstance(since, (int, float)) else self.clock.now()

    async def _tell(self, persona: Persona, user_id: str) -> tuple[str, ...]:
        """Have the empathy agent begin from the persona's own mood."""
        request = UpdateEmotionRequest(
            user_id=user_id,
            emotion=Emotion.TRUST if persona.warmth >= WARM else Emotion.NEUTRAL,
            intensity=persona.warmth,
            source=f"persona {persona.name}",
        )
        try:
            await self.peers.call(
                "empathy_agent", "update_emotional_state", request, EmotionalStateReply,
                timeout=TELL_SECONDS,
            )  # fmt: skip
        except ActionError as error:
            self.log.info("the empathy agent was not told: %s", error)
            return ()
        return ("empathy_agent",)
