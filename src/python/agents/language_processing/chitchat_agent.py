"""
ChitchatAgent: small talk through a language model, or embedded rules when there is none.

Holds no wording: that is data in dialogue_rules, applied by small_talk.
"""

from __future__ import annotations

import asyncio

from agents.language_processing.directory import is_serving
from agents.language_processing.small_talk import reply_to
from common.agent import Agent, action
from common.circuit import CircuitBreaker
from common.contracts.language import (
    MAX_TEXT,
    ChitchatAnswer,
    ChitchatMetadata,
    ChitchatRequest,
    ClearHistoryRequest,
    HistoryCleared,
    Turn,
)
from common.contracts.models import Engine, GenerateRequest, Generation
from common.messages import ActionError, ErrorCode
from common.state import Document

HISTORY = "history"
KEPT_TURNS = 40
PROMPTED_TURNS = 12
PROMPTED_CHARACTERS = 2_000
KEPT_SECONDS = 30 * 24 * 3600.0
MODEL_SECONDS = 20.0
REMOTE = "remote_connector_agent"
INSTRUCTION = "You are a friendly, brief assistant. Answer the last thing that the user said."


class ChitchatAgent(Agent):
    """Hold small talk; remember the last turns of each session for 30 days."""

    async def start(self) -> None:
        """Close the circuit to the model."""
        self._circuit = CircuitBreaker(clock=self.clock)
        self._writing = asyncio.Lock()

    @action
    async def chitchat(self, request: ChitchatRequest) -> ChitchatAnswer:
        """Answer small talk; the metadata says which engine did."""
        key = _key(request.session_id, request.user_id)
        history = request.history or await self._history(key)
        answer = await self._answer(request.text, history)
        await self._remember(key, request.text, answer.text)
        return answer

    @action
    async def clear_history(self, request: ClearHistoryRequest) -> HistoryCleared:
        """Forget what was said in a session, or by a user who named none."""
        key = _key(request.session_id, request.user_id)
        async with self._writing:
            turns = len(await self._history(key))
            cleared = await self.store.delete(HISTORY, key)
        return HistoryCleared(cleared=cleared, turns=turns)

    async def _answer(self, text: str, history: tuple[Turn, ...]) -> ChitchatAnswer:
        note = "no model is connected"
        if is_serving(self.peers, REMOTE):
            try:
                return await self._circuit.call(lambda: self._ask_model(text, history))
            except ActionError as error:
                self.log.warning("model did not answer: %s", error)
                note = f"the model did not answer: {error.code.value}"
        said = reply_to(text, history)
        metadata = ChitchatMetadata(engine="embedded", rule=said.rule, note=note)
        return ChitchatAnswer(text=said.text, metadata=metadata)

    async def _ask_model(self, text: str, history: tuple[Turn, ...]) -> ChitchatAnswer:
        request = GenerateRequest(prompt=prompt_for(text, history))
        generated = await self.peers.call(
            REMOTE, "generate", request, Generation, timeout=MODEL_SECONDS
        )
        if not generated.text.strip():
            raise ActionError(ErrorCode.INTERNAL, f"{REMOTE} generated nothing")
        if generated.engine is not Engine.SERVER:  # rules of our own know more of small talk
            raise ActionError(ErrorCode.UNAVAILABLE, f"{REMOTE} has no model")
        metadata = ChitchatMetadata(engine="remote", rule=generated.model)
        return ChitchatAnswer(text=generated.text.strip(), metadata=metadata)

    async def _history(self, key: str) -> tuple[Turn, ...]:
        document = await self.store.get(HISTORY, key)
        turns = document["turns"] if document else []
        return tuple(Turn.model_validate(turn) for turn in turns) if isinstance(turns, list) else ()

    async def _remember(self, key: str, said: str, answered: str) -> None:
        async with self._writing:
            new = (
                Turn(role="user", text=said),
                Turn(role="assistant", text=answered[:MAX_TEXT]),
            )
            turns = (*await self._history(key), *new)[-KEPT_TURNS:]
            document: Document = {"turns": [turn.model_dump(mode="json") for turn in turns]}
            expires_at = self.clock.now() + KEPT_SECONDS
            await self.store.put(HISTORY, key, document, expires_at=expires_at)


def prompt_for(text: str, history: tuple[Turn, ...]) -> str:
    """Write the end of the conversation as a prompt."""
    turns = (*history[-PROMPTED_TURNS:], Turn(role="user", text=text))
    lines = (f"{turn.role}: {turn.text[:PROMPTED_CHARACTERS]}" for turn in turns)
    return "\n".join((INSTRUCTION, *lines, "assistant:"))


def _key(session_id: str | None, user_id: str | None) -> str:
    if session_id:
        return f"session/{session_id}"
    return f"user/{user_id}" if user_id else "anonymous"
