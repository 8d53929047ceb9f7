"""Tests of DynamicIdentityAgent: who is shown, who is told."""

from __future__ import annotations

import pytest

from agents.language_processing.dynamic_identity_agent import DynamicIdentityAgent
from common.contracts.emotion import EmotionalState, EmotionalStateReply
from common.contracts.identity import PERSONA_CHANGES
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


async def test_a_switch_is_told_and_outlives_the_process() -> None:
    """The new persona is an event, reaches the empathy agent, and is there after a restart."""
    async with AgentHarness(DynamicIdentityAgent) as agent:
        reply = EmotionalStateReply(user_id="ada", state=EmotionalState())
        agent.peers.answer("empathy_agent", "update_emotional_state", lambda request: reply)
        switched = await agent.call(
            "switch_persona", persona="butler", user_id="ada", reason="guests"
        )
        events = agent.published(PERSONA_CHANGES)
        store = agent.store
    async with AgentHarness(DynamicIdentityAgent, store=store) as agent:
        shown = await agent.call("get_current_persona")

        assert (switched.changed, switched.told) == (True, ("empathy_agent",))
        assert [(e.persona.name, e.before, e.reason) for e in events] == [
            ("butler", "assistant", "guests")
        ]
        assert shown.persona.name == "butler"


async def test_without_the_empathy_agent_the_switch_still_works() -> None:
    """Who is not there is not told, and the reply says so."""
    async with AgentHarness(DynamicIdentityAgent) as agent:
        switched = await agent.call("switch_persona", persona="teacher")

        assert (switched.changed, switched.told) == (True, ())


async def test_the_same_persona_again_changes_nothing() -> None:
    """Switching twice has the effect of once."""
    async with AgentHarness(DynamicIdentityAgent) as agent:
        await agent.call("switch_persona", persona="night")
        again = await agent.call("switch_persona", persona="night")

        assert not again.changed
        assert len(agent.published(PERSONA_CHANGES)) == 1


async def test_an_unknown_persona_is_not_found() -> None:
    """The error names the personas that there are; a cleared agent shows the default one."""
    async with AgentHarness(DynamicIdentityAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("switch_persona", persona="pirate")
        listed = await agent.call("list_personas")

        assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "persona")
        assert "butler" in caught.value.message
        assert len(listed.personas) >= 5
        assert listed.current == "assistant"


async def test_cleared_state_shows_the_default() -> None:
    """After clearing, the default persona is back."""
    async with AgentHarness(DynamicIdentityAgent) as agent:
        await agent.call("switch_persona", persona="night")
        await agent.clear_state()

        assert (await agent.call("get_current_persona")).persona.name == "assistant"
