"""
From a text to an answer: who is asked in which order.

Helpers that are missing make the answer poorer and are named in the trace; the agent that does
the work itself is needed. Queues, storage and any wording rule of other agents may not enter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from agents.core_services.session_history import SessionHistory
from agents.core_services.worker_calls import Trace, WorkerCalls, WorkerError
from common.contracts import knowledge as k
from common.contracts import language as n
from common.contracts.coordination import SubmitRequest
from common.messages import ActionError, ErrorCode

NLU: Final = "nlu_agent"
KNOWLEDGE: Final = "knowledge_base"
VALIDATOR: Final = "intention_validator_agent"
COMMANDS: Final = "advanced_command_handler"
CHITCHAT: Final = "chitchat_agent"
RESPONDER: Final = "responder"
FACTS_ASKED: Final = 3
# The command agent judged the command; any other error means that it gave no judgement.
REFUSALS: Final = frozenset(
    {ErrorCode.NOT_FOUND, ErrorCode.INVALID, ErrorCode.DENIED, ErrorCode.CONFLICT}
)

Content = tuple[n.Mood, str]


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends like a sentence."""
    text = text.strip()
    ended = text if text.endswith((".", "!", "?")) else f"{text}."
    return ended[:1].upper() + ended[1:]


@dataclass(frozen=True)
class Question:
    """Hold what is known of one text before an answer is sought."""

    request: SubmitRequest
    text: str
    history: tuple[n.Turn, ...]
    analysis: n.Analysis
    trace: Trace


class TextFlow:
    """Answer one text by asking the worker agents."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls
        self._sessions = SessionHistory(calls)
        self._skills: dict[n.Intent, Callable[[Question], Awaitable[Content]]] = {
            n.Intent.REMEMBER: self._remember,
            n.Intent.SET_REMINDER: self._remember,
            n.Intent.RECALL: self._recall,
            n.Intent.COMMAND: self._command,
        }

    async def answer(self, request: SubmitRequest, text: str, trace: Trace) -> str:
        """Return the final wording."""
        history = await self._sessions.history(request, trace)
        analysis = await self._analyze(text, trace)
        trace.facts["intent"] = analysis.intent.value
        trace.facts["confidence"] = analysis.confidence
        question = Question(request, text, history or (), analysis, trace)
        skill = self._skills.get(analysis.intent, self._chat)
        mood, content = await skill(question)
        wording = await self._word(question, mood, content)
        if history is not None:
            await self._sessions.note(request, (("user", text), ("assistant", wording)), trace)
        return wording

    async def word(self, request: SubmitRequest, text: str, trace: Trace) -> str:
        """Return the final wording of a text that is an answer already."""
        nothing_asked = n.Analysis(intent=n.Intent.UNKNOWN, confidence=0.0)
        question = Question(request, "", (), nothing_asked, trace)
        return await self._word(question, n.Mood.NEUTRAL, text)

    async def _analyze(self, text: str, trace: Trace) -> n.Analysis:
        wanted = n.AnalyzeRequest(text=text)
        analysis = await self._calls.ask_if_there(trace, NLU, "analyze", wanted, n.Analysis)
        return analysis or n.Analysis(intent=n.Intent.UNKNOWN, confidence=0.0)

    async def _remember(self, question: Question) -> Content:
        content = question.analysis.first("content") or question.text
        topic = (question.analysis.first("topic") or content)[:200]
        fact = k.AddFactRequest(topic=topic, content=content)
        added = await self._calls.ask(question.trace, KNOWLEDGE, "add_fact", fact, k.FactAdded)
        question.trace.facts["fact_id"] = added.fact_id
        known = "I knew that already" if added.known else "I will remember that"
        told = sentence(f"{known}: {content}")
        if question.analysis.intent is n.Intent.SET_REMINDER:
            told += " Ask me for it: I have no alarm that would ring."
        return n.Mood.CHEERFUL, told

    async def _recall(self, question: Question) -> Content:
        query = question.analysis.first("query") or question.text
        wanted = k.SearchFactsRequest(query=query, limit=FACTS_ASKED)
        found = await self._calls.ask(
            question.trace, KNOWLEDGE, "search_facts", wanted, k.FactsFound
        )
        if not found.facts:
            return n.Mood.APOLOGETIC, "I do not know that: nobody has told me yet."
        question.trace.facts["fact_id"] = found.facts[0].fact.fact_id
        return n.Mood.NEUTRAL, sentence(found.facts[0].fact.content)

    async def _command(self, question: Question) -> Content:
        command = question.analysis.first("command") or question.text
        if len(command) > n.MAX_COMMAND:
            message = f"a command has at most {n.MAX_COMMAND} characters, found {len(command)}"
            raise ActionError(ErrorCode.INVALID, message, "data")
        user_id, confirmed = question.request.user_id, question.request.confirmed
        asked = n.ValidateCommandRequest(command=command, user_id=user_id, confirmed=confirmed)
        verdict = await self._calls.ask(
            question.trace, VALIDATOR, "validate_command", asked, n.CommandVerdict
        )
        question.trace.facts["decision"] = verdict.decision.value
        reasons = "; ".join(verdict.reasons)
        if verdict.requires_confirmation:
            return n.Mood.NEUTRAL, sentence(f"Please confirm first: {command} ({reasons})")
        if not verdict.allowed:
            return n.Mood.APOLOGETIC, sentence(f"I may not do that: {reasons}")
        order = n.ExecuteCommandRequest(command=command, user_id=user_id, confirmed=confirmed)
        return await self._execute(order, question.trace)

    async def _execute(self, order: n.ExecuteCommandRequest, trace: Trace) -> Content:
        try:
            outcome = await self._calls.ask(
                trace, COMMANDS, "execute_command", order, n.CommandOutcome
            )
        except WorkerError as error:
            if error.code not in REFUSALS:
                raise
            trace.facts["refused"] = error.code.value
            return n.Mood.APOLOGETIC, sentence(f"I could not do that: {error.told}")
        return (n.Mood.NEUTRAL if outcome.succeeded else n.Mood.APOLOGETIC), outcome.message

    async def _chat(self, question: Question) -> Content:
        said = n.ChitchatRequest(
            text=question.text,
            user_id=question.request.user_id,
            session_id=question.request.session_id,
            history=question.history,
        )
        answer = await self._calls.ask(question.trace, CHITCHAT, "chitchat", said, n.ChitchatAnswer)
        return n.Mood.NEUTRAL, answer.text

    async def _word(self, question: Question, mood: n.Mood, text: str) -> str:
        text = text.strip()[: n.MAX_TEXT] or "I have nothing to say to that."
        wanted = n.RespondRequest(
            text=text,
            intent=question.analysis.intent,
            mood=mood,
            session_id=question.request.session_id,
        )
        worded = await self._calls.ask_if_there(
            question.trace, RESPONDER, "respond", wanted, n.Wording
        )
        return worded.text if worded is not None else text
