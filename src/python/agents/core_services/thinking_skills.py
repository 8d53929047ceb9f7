"""
Skills of thinking and talking: questions of several steps, code, small talk.

Who reasons, writes and chats says how; here it is only told.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.question import Content, Question, sentence
from agents.core_services.worker_calls import WorkerCalls
from common.contracts import code
from common.contracts import language as n
from common.contracts import reasoning as r
from common.contracts.models import Engine

REASONER: Final = "chain_of_thought_agent"
CODER: Final = "code_generator"
CHITCHAT: Final = "chitchat_agent"
MODEL_SECONDS: Final = 30.0  # all three may ask a language model
MAX_QUESTION: Final = 4_000
STEPS_TOLD: Final = 4
LEAST_CONFIDENCE: Final = 0.5


async def reason(question: Question, calls: WorkerCalls) -> Content:
    """Have a hard question answered step by step."""
    asked = (question.analysis.first("question") or question.text)[:MAX_QUESTION]
    answered = await _reasoned(question, calls, r.ReasonRequest(question=asked))
    return answered or Content("I could not work that out.", n.Mood.APOLOGETIC)


async def only_what_is_certain(question: Question, calls: WorkerCalls) -> Content | None:
    """Work out what needs no model: one would make up what nobody has told."""
    asked = question.text[:MAX_QUESTION]
    return await _reasoned(question, calls, r.ReasonRequest(question=asked, use_model=False))


async def _reasoned(
    question: Question, calls: WorkerCalls, request: r.ReasonRequest
) -> Content | None:
    found = await calls.ask_if_there(
        question.trace, REASONER, "reason", request, r.Reasoning, timeout=MODEL_SECONDS
    )
    if found is None or found.method is r.Method.NONE or found.confidence < LEAST_CONFIDENCE:
        return None
    question.trace.facts["reasoned_by"] = found.method.value
    steps = [f"{step.expression} = {step.result}" for step in found.steps if step.expression]
    shown = sentence(f"because {'; '.join(steps)}") if 0 < len(steps) <= STEPS_TOLD else ""
    return Content(" ".join(filter(None, (sentence(found.answer), shown))))


async def write_code(question: Question, calls: WorkerCalls) -> Content:
    """Have code written, and say who wrote it."""
    wanted = code.GenerateCodeRequest(
        description=question.analysis.first("description") or question.text,
        language=question.analysis.first("language") or "python",
    )
    written = await calls.ask(
        question.trace, CODER, "generate_code", wanted, code.GeneratedCode, timeout=MODEL_SECONDS
    )
    question.trace.facts["code_engine"] = written.engine.value
    author = "a language model" if written.engine is Engine.SERVER else "my own templates"
    told = f"This {written.language} was written by {author}"
    if written.parses is False:
        told += ", and does not even parse"
    return Content(f"{told}:", verbatim=written.code.strip())


async def chat(question: Question, calls: WorkerCalls) -> Content:
    """Hold small talk."""
    said = n.ChitchatRequest(
        text=question.text,
        user_id=question.request.user_id,
        session_id=question.request.session_id,
        history=question.history,
    )
    answer = await calls.ask(
        question.trace, CHITCHAT, "chitchat", said, n.ChitchatAnswer, timeout=MODEL_SECONDS
    )
    return Content(answer.text)
