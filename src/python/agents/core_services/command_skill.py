"""
The skill of commands: each is judged before it is carried out.

What may be done is the policy of the validator; what a command means, the command agent knows.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.question import Content, Question, sentence
from agents.core_services.worker_calls import Trace, WorkerCalls, WorkerError
from common.contracts import language as n
from common.messages import ActionError, ErrorCode

VALIDATOR: Final = "intention_validator_agent"
COMMANDS: Final = "advanced_command_handler"
COMMAND_SECONDS: Final = 60.0
# The command agent judged the command; any other error means that it gave no judgement.
REFUSALS: Final = frozenset(
    {ErrorCode.NOT_FOUND, ErrorCode.INVALID, ErrorCode.DENIED, ErrorCode.CONFLICT}
)


async def command(question: Question, calls: WorkerCalls) -> Content:
    """Carry out a command that the policy allows; say why when it does not."""
    wish = question.analysis.first("command") or question.text
    if len(wish) > n.MAX_COMMAND:
        message = f"a command has at most {n.MAX_COMMAND} characters, found {len(wish)}"
        raise ActionError(ErrorCode.INVALID, message, "data")
    verdict = await _judge(question, calls, wish)
    question.trace.facts["decision"] = verdict.decision.value
    reasons = "; ".join(verdict.reasons)
    if verdict.requires_confirmation:
        return Content(sentence(f"Please confirm first: {wish} ({reasons})"))
    if not verdict.allowed:
        return Content(sentence(f"I may not do that: {reasons}"), n.Mood.APOLOGETIC)
    user_id, confirmed = question.request.user_id, question.request.confirmed
    order = n.ExecuteCommandRequest(command=wish, user_id=user_id, confirmed=confirmed)
    return await _execute(order, calls, question.trace)


async def _judge(question: Question, calls: WorkerCalls, wish: str) -> n.CommandVerdict:
    request = question.request
    asked = n.ValidateCommandRequest(
        command=wish,
        user_id=request.user_id,
        context={"user_kind": request.user_kind.value},
        confirmed=request.confirmed,
    )
    return await calls.ask(question.trace, VALIDATOR, "validate_command", asked, n.CommandVerdict)


async def _execute(order: n.ExecuteCommandRequest, calls: WorkerCalls, trace: Trace) -> Content:
    try:
        outcome = await calls.ask(
            trace, COMMANDS, "execute_command", order, n.CommandOutcome, timeout=COMMAND_SECONDS
        )
    except WorkerError as error:
        if error.code not in REFUSALS:
            raise
        trace.facts["refused"] = error.code.value
        return Content(sentence(f"I could not do that: {error.told}"), n.Mood.APOLOGETIC)
    if outcome.error is not None:
        trace.facts["refused"] = outcome.error.value
    mood = n.Mood.NEUTRAL if outcome.succeeded else n.Mood.APOLOGETIC
    return Content(outcome.message, mood)
