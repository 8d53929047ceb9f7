"""Statements that no belief decides, but arithmetic does: the chain of thought is asked."""

from __future__ import annotations

import re
from typing import Final

from common.contracts import reasoning as r
from common.messages import ActionError
from common.peers import Peers

CHAIN: Final = "chain_of_thought_agent"
CHAIN_SECONDS: Final = 5.0
_EQUATION = re.compile(r"^([\d.\s+*/()-]{1,200}?)\s?(?:=|is|equals)\s?(-?[\d./]{1,40})[.?!]?$")


async def check_equation(peers: Peers, statement: str) -> r.BeliefAnswer:
    """Return whether an equation is right; anything else is unknown."""
    unknown = r.BeliefAnswer(statement=statement, truth=r.Truth.UNKNOWN, confidence=0.0)
    equation = _EQUATION.match(" ".join(statement.split()))
    if equation is None or not equation[1].strip():
        return unknown
    wanted = r.VerifyAnswerRequest(question=f"what is {equation[1]}", answer=equation[2])
    try:
        verdict = await peers.call(
            CHAIN, "verify_answer", wanted, r.AnswerVerdict, timeout=CHAIN_SECONDS
        )
    except ActionError:
        return unknown
    if verdict.correct is None:
        return unknown
    truth = r.Truth.TRUE if verdict.correct else r.Truth.FALSE
    return r.BeliefAnswer(statement=statement, truth=truth, confidence=1.0, checked_by=CHAIN)
