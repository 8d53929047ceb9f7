"""Worker agents for the tests of RequestCoordinator, and ways to ask it. No test may enter."""

from __future__ import annotations

from typing import Any

from agents.core_services.request_coordinator import RequestCoordinator
from common.contracts import coordination as c
from common.contracts import emotion as e
from common.contracts import language as n
from common.contracts import session as s
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from common.testing import AgentHarness

Harness = AgentHarness[RequestCoordinator]


def record(slug: str) -> AgentRecord:
    """Return a record of an agent that serves."""
    return AgentRecord(
        slug=slug,
        instance=slug,
        endpoint="tcp://127.0.0.1:1",
        health_endpoint="http://127.0.0.1:2",
        phase=Phase.READY,
        machine="mainpc",
        group="g",
        since=1.0,
    )


def understand(agent: Harness, intent: n.Intent, **entities: str) -> None:
    """Let the language agent find an intent with entities."""
    found = tuple(n.Entity(kind=kind, value=value) for kind, value in entities.items())
    analysis = n.Analysis(intent=intent, confidence=0.9, entities=found)
    agent.peers.answer("nlu_agent", "analyze", lambda request: analysis)


def staff(agent: Harness) -> None:
    """Let every worker agent of the text flow answer."""
    answer = agent.peers.answer
    understand(agent, n.Intent.SMALLTALK)
    context = s.SessionContext(
        session_id="default",
        interactions=(s.Interaction(interaction_id="i", role="user", text="earlier", at=1.0),),
    )
    answer("session_memory_agent", "get_context", lambda request: context)
    added = s.InteractionAdded(interaction_id="j")
    answer("session_memory_agent", "add_interaction", lambda request: added)
    chat = n.ChitchatAnswer(text="nice", metadata=n.ChitchatMetadata(engine="embedded"))
    answer("chitchat_agent", "chitchat", lambda request: chat)
    answer("responder", "respond", lambda request: n.Wording(text=request.text, mood=request.mood))
    feel(agent, e.Emotion.NEUTRAL)


def feel(agent: Harness, emotion: e.Emotion) -> None:
    """Let the emotion engine find a feeling in whatever is said."""
    state = e.EmotionalState(emotion=emotion, intensity=0.8)
    found = e.EmotionalStateReply(user_id="anonymous", state=state)
    agent.peers.answer("emotion_engine", "update_emotional_state", lambda request: found)


def judge(agent: Harness, decision: n.Decision) -> None:
    """Let the validator decide about every command."""
    verdict = n.CommandVerdict(
        allowed=decision is n.Decision.ALLOW,
        decision=decision,
        risk=n.Risk.LOW,
        reasons=("it says so",),
        requires_confirmation=decision is n.Decision.CONFIRM,
        rule_ids=(),
        validation_id="v",
    )
    agent.peers.answer("intention_validator_agent", "validate_command", lambda request: verdict)


async def ask(agent: Harness, text: str = "hello", **fields: Any) -> c.RequestResult:
    """Submit a text and return its result."""
    accepted = await agent.call("submit_request", type="text", data=text, **fields)
    return await result_of(agent, accepted.request_id)


async def result_of(agent: Harness, request_id: str) -> c.RequestResult:
    """Wait for the end of a request."""
    found: c.RequestResult = await agent.call("get_result", request_id=request_id, wait_seconds=30)
    return found
