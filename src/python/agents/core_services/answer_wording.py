"""
From what a skill answers to what the user reads: empathy, tone, and the user's language.

Each step is soft, so that an answer is never lost on its way out.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.feelings import Feelings
from agents.core_services.languages import Languages
from agents.core_services.question import ENGLISH, Content, Question
from agents.core_services.worker_calls import WorkerCalls
from common.contracts import language as n

RESPONDER: Final = "responder"


class AnswerWording:
    """Word answers."""

    def __init__(self, calls: WorkerCalls, languages: Languages, feelings: Feelings) -> None:
        self._calls = calls
        self._languages = languages
        self._feelings = feelings

    async def final(self, question: Question, content: Content) -> str:
        """Return the final wording, in the language that was spoken."""
        text = content.text.strip()[: n.MAX_TEXT] or "I have nothing to say to that."
        felt = (await self._feelings.worded(question, text))[: n.MAX_TEXT]
        worded = await self._toned(question, felt, content.mood)
        said = await self._spoken_back(question, worded)
        return f"{said}\n\n{content.verbatim}" if content.verbatim else said

    async def _toned(self, question: Question, text: str, mood: n.Mood) -> str:
        request = question.request
        wanted = n.RespondRequest(
            text=text,
            intent=question.analysis.intent,
            mood=mood,
            session_id=request.session_id,
            user_id=request.user_id,
            # Who wants the sound in the answer plays it; the voice aloud speaks English.
            speak=not request.speak and question.language == ENGLISH,
        )
        worded = await self._calls.ask_if_there(
            question.trace, RESPONDER, "respond", wanted, n.Wording
        )
        return worded.text if worded is not None else text

    async def _spoken_back(self, question: Question, text: str) -> str:
        said = await self._languages.translated(
            text, ENGLISH, question.language, question.request.session_id, question.trace
        )
        return text if said is None else said
