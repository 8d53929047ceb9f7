"""Whom an agent may ask. Only what its facts say may enter."""

from common.facts import AgentFacts
from common.messages import ActionError, ErrorCode


def expect_edge(facts: AgentFacts | None, agent: str) -> None:
    """Raise ActionError unless the facts have an edge to an agent; without facts all is open."""
    if facts is not None and not facts.may_call(agent):
        message = f"{facts.slug} has no edge to {agent}: add it to calls of its target"
        raise ActionError(ErrorCode.DENIED, message)
