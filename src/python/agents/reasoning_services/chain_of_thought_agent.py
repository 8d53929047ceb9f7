"""
ChainOfThoughtAgent: a hard question in steps, each solved exactly or by a model, and checked.

Holds no solver: those are the modules beside it, chosen by question_parts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime

from agents.reasoning_services.question_parts import (
    Part,
    solve_parts,
    split_question,
    wrong_equations,
)
from common.agent import Agent, action
from common.contracts.models import Engine, GenerateRequest, Generation, Task
from common.contracts.reasoning import (
    AnswerVerdict,
    DecomposeRequest,
    Decomposition,
    Method,
    Reasoning,
    ReasoningStep,
    ReasonRequest,
    VerifyAnswerRequest,
)
from common.messages import ActionError

MODELS = "model_manager_agent"
MODEL_SECONDS = 30.0
LONGEST_ANSWER = 4_000
SYSTEM = (
    "Answer the last question. Think in short numbered steps, write every calculation as an "
    "equation, and end with a line `Answer: ...`."
)
SURE, LIKELY, GUESSED, WEAK = 0.98, 0.7, 0.5, 0.1


@dataclass(frozen=True)
class Answered:
    """Hold what one part was answered, and how much that is worth."""

    answer: str
    steps: tuple[ReasoningStep, ...]
    confidence: float
    engine: Engine
    note: str = ""


class ChainOfThoughtAgent(Agent):
    """Answer a question step by step, and say which steps were checked."""

    @action
    async def reason(self, request: ReasonRequest) -> Reasoning:
        """Break a question into steps, have each one answered, and check the outcome."""
        parts = await self._solved(request.question)
        answered = [await self._answered(part, parts, request.use_model) for part in parts]
        return _combined(request.question, parts, answered)

    @action
    async def decompose(self, request: DecomposeRequest) -> Decomposition:
        """Return the parts of a question without answering them."""
        return Decomposition(parts=split_question(request.question))

    @action
    async def verify_answer(self, request: VerifyAnswerRequest) -> AnswerVerdict:
        """Tell whether an answer is right, where the embedded solver knows."""
        parts = await self._solved(request.question)
        if len(parts) != 1 or parts[0].solved is None:
            return AnswerVerdict(correct=None)
        solved = parts[0].solved
        return AnswerVerdict(
            correct=_says_the_same(request.answer, solved.answer),
            expected=solved.answer,
            steps=solved.steps,
        )

    async def _solved(self, question: str) -> tuple[Part, ...]:
        return await asyncio.to_thread(solve_parts, question, self._today())

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock.now(), UTC).date()

    async def _answered(self, part: Part, parts: tuple[Part, ...], use_model: bool) -> Answered:
        if part.solved is not None:
            return Answered(part.solved.answer, part.solved.steps, SURE, Engine.EMBEDDED)
        if not use_model:
            return Answered("", (), 0.0, Engine.EMBEDDED, "no embedded solver fits")
        known = [f"{p.text} {p.solved.answer}" for p in parts if p.solved is not None]
        prompt = "\n".join((*known, part.text))
        wanted = GenerateRequest(
            prompt=prompt, system=SYSTEM, task=Task.REASONING, temperature=0.2, max_tokens=512
        )
        try:
            found = await self.peers.call(
                "model_manager_agent", "generate", wanted, Generation, timeout=MODEL_SECONDS
            )
        except ActionError as error:
            self.log.warning("model did not answer: %s", error)
            note = f"{MODELS} did not answer: {error.code.value}"
            return Answered("", (), 0.0, Engine.EMBEDDED, note)
        return _of_model(part.text, found)


def _of_model(question: str, found: Generation) -> Answered:
    text = found.text.strip()[:LONGEST_ANSWER]
    if not text:
        return Answered("", (), 0.0, found.engine, f"{MODELS} generated nothing")
    wrong, count = wrong_equations(text)
    answer = text.rpartition("Answer:")[2].strip() or text
    is_checked = count > 0 and not wrong
    confidence = 0.2 if wrong else LIKELY if is_checked else GUESSED
    note = f"wrong: {'; '.join(wrong)}"[:500] if wrong else found.note
    if found.engine is Engine.EMBEDDED:
        confidence = min(confidence, WEAK)
    said = ReasoningStep(
        description=question, result=text, method=Method.MODEL, verified=is_checked
    )
    return Answered(answer, (said,), confidence, found.engine, note)


def _combined(question: str, parts: tuple[Part, ...], answered: list[Answered]) -> Reasoning:
    steps = tuple(step for each in answered for step in each.steps)
    methods = {step.method for step in steps}
    method = methods.pop() if len(methods) == 1 else Method.MIXED if methods else Method.NONE
    pairs = tuple(zip(parts, answered, strict=True))
    missing = tuple(part.text for part, each in pairs if not each.answer)
    servers = any(each.engine is Engine.SERVER for each in answered)
    return Reasoning(
        question=question,
        answer="; ".join(each.answer for each in answered if each.answer),
        steps=steps,
        method=method,
        engine=Engine.SERVER if servers else Engine.EMBEDDED,
        verified=bool(steps) and not missing and all(step.verified for step in steps),
        confidence=min(each.confidence for each in answered),
        unanswered=missing,
        note="; ".join(dict.fromkeys(each.note for each in answered if each.note))[:2_000],
    )


def _says_the_same(given: str, expected: str) -> bool:
    return _plain(given) == _plain(expected) or _plain(given) == _plain(expected).partition(" ")[0]


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace(",", "").strip(" .!=").split())
