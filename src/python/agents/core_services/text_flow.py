"""
From a text to an answer: who is asked in which order.

Helpers that are missing make the answer poorer and are named in the trace; the agent that does
the work itself is needed. Queues, storage and any wording rule of other agents may not enter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from agents.core_services.answer_wording import AnswerWording
from agents.core_services.command_skill import command
from agents.core_services.feelings import Feelings
from agents.core_services.languages import Languages
from agents.core_services.memory_skills import recall, remember
from agents.core_services.question import ENGLISH, NOTHING_ASKED, Content, Question
from agents.core_services.reminder_skill import remind
from agents.core_services.session_history import SessionHistory
from agents.core_services.thinking_skills import chat, reason, write_code
from agents.core_services.web_skill import read_page
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import language as n
from common.contracts.coordination import Submission

NLU: Final = "nlu_agent"
PLAIN: Final = 0.75
"""How sure the English rules must be before nobody asks which language a text is in."""

Skill = Callable[[Question, WorkerCalls], Awaitable[Content]]

SKILLS: Final[dict[n.Intent, Skill]] = {
    n.Intent.REMEMBER: remember,
    n.Intent.RECALL: recall,
    n.Intent.SET_REMINDER: remind,
    n.Intent.COMMAND: command,
    n.Intent.REASON: reason,
    n.Intent.READ_PAGE: read_page,
    n.Intent.WRITE_CODE: write_code,
}
"""Which skill answers which intent; small talk answers every other."""


class TextFlow:
    """Answer one text by asking the worker agents."""

    def __init__(self, calls: WorkerCalls, languages: Languages, feelings: Feelings) -> None:
        self._calls = calls
        self._languages = languages
        self._feelings = feelings
        self._sessions = SessionHistory(calls)
        self._wording = AnswerWording(calls, languages, feelings)

    async def answer(self, request: Submission, text: str, trace: Trace) -> str:
        """Return the final wording."""
        trace.said = text
        history = await self._sessions.history(request, trace)
        language, english, analysis = await self.understood(request, text, trace)
        trace.facts["intent"] = analysis.intent.value
        trace.facts["confidence"] = analysis.confidence
        question = Question(
            request=request,
            text=english,
            trace=trace,
            analysis=analysis,
            language=language,
            emotion=await self._feelings.of(request, english, trace),
            history=history or (),
        )
        content = await SKILLS.get(analysis.intent, chat)(question, self._calls)
        wording = await self._wording.final(question, content)
        if history is not None:
            await self._sessions.note(request, (("user", text), ("assistant", wording)), trace)
        return wording

    async def word(
        self, request: Submission, content: Content, trace: Trace, language: str = ENGLISH
    ) -> str:
        """Return the final wording of what is an answer already."""
        question = Question(request, request.data, trace, language=language)
        return await self._wording.final(question, content)

    async def understood(
        self, request: Submission, text: str, trace: Trace
    ) -> tuple[str, str, n.Analysis]:
        """Return the language of a text, the text in English, and what it means."""
        analysis = await self._analyze(text, trace)
        if text.isascii() and analysis.confidence >= PLAIN:
            return ENGLISH, text, analysis
        language = await self._languages.of(text, trace)
        english = await self._languages.translated(
            text, language, ENGLISH, request.session_id, trace
        )
        if language == ENGLISH or english is None:
            return ENGLISH, text, analysis
        trace.facts["in_english"] = english
        return language, english[: n.MAX_TEXT], await self._analyze(english[: n.MAX_TEXT], trace)

    async def _analyze(self, text: str, trace: Trace) -> n.Analysis:
        wanted = n.AnalyzeRequest(text=text)
        analysis = await self._calls.ask_if_there(trace, NLU, "analyze", wanted, n.Analysis)
        return analysis or NOTHING_ASKED
