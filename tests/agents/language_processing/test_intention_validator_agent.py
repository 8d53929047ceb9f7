"""Tests of IntentionValidatorAgent: the policy and its history."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.command_policy import RULES, UNKNOWN_COMMAND, PolicyRule
from agents.language_processing.intention_validator_agent import (
    KEPT_SECONDS,
    IntentionValidatorAgent,
)
from agents.language_processing.policy import judge
from common.contracts.language import MAX_COMMAND, Decision, Risk
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

EXAMPLES = tuple((rule, example) for rule in RULES for example in rule.examples)
DENIED = tuple(example for rule, example in EXAMPLES if rule.decision is Decision.DENY)
SPACES = (" ", "  ", "\t", "\n", "\u00a0", "\u2003", " \u200b ")


@st.composite
def disguises(draw: st.DrawFn) -> str:
    """Write a denied command in any case and spacing, somewhere in other text."""
    example = draw(st.sampled_from(DENIED))
    dice = random.Random(draw(st.integers()))
    cased = "".join(dice.choice((letter.upper(), letter.lower())) for letter in example)
    spaced = "".join(dice.choice(SPACES) if letter == " " else letter for letter in cased)
    before, after = draw(st.text(max_size=40)), draw(st.text(max_size=40))
    return f"{before} {spaced} {after}"


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_examples_are_decided_by_their_rule(rule: PolicyRule, example: str) -> None:
    """Every example of the policy is decided by the rule that states it."""
    judgement = judge(example)

    assert judgement.decision is rule.decision
    assert rule.rule_id in judgement.rule_ids


@settings(deadline=None)
@given(disguises())
def test_denied_commands_stay_denied(command: str) -> None:
    """Neither case, spacing nor surrounding text gets a denied command through."""
    assert judge(command).decision is Decision.DENY


@pytest.mark.parametrize(
    "command",
    ["r\\m -rf /", '"su"do ls', "s\u200budo ls", "\u0455udo ls", "\uff53\uff55\uff44\uff4f ls",
     "rm${IFS}-rf${IFS}/", "turn on the lights; sudo reboot", "calculate 1 && rm -rf /"],
)  # fmt: skip
def test_disguised_commands_are_denied(command: str) -> None:
    """Quoting, invisible or look-alike letters and chaining are seen through."""
    assert judge(command).decision is Decision.DENY


@pytest.mark.parametrize(
    "command", ["pseudo code", "search the armory", "play the dropout", "say hello to Sue"]
)
def test_harmless_words_are_allowed(command: str) -> None:
    """A word that merely contains a dangerous one is harmless."""
    expected = Decision.CONFIRM if command == "pseudo code" else Decision.ALLOW

    assert judge(command).decision is expected


@settings(deadline=None)
@given(st.text(min_size=1, max_size=200))
def test_unknown_commands_are_never_simply_allowed(text: str) -> None:
    """What no allow rule knows is confirmed or denied, and every judgement gives a reason."""
    judgement = judge(f"frobnicate {text}")

    assert judgement.decision is not Decision.ALLOW
    assert judgement.reasons and judgement.rule_ids


async def test_destructive_command_is_denied_even_if_confirmed() -> None:
    """A yes of the user does not help a denied command."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        verdict = await agent.call("validate_command", command="sudo rm -rf /", confirmed=True)

        assert not verdict.allowed
        assert verdict.decision is Decision.DENY
        assert verdict.risk is Risk.CRITICAL
        assert not verdict.requires_confirmation
        assert {"destroy.files", "gain.privilege"} <= set(verdict.rule_ids)


async def test_risky_command_needs_confirmation() -> None:
    """A risky command is allowed once the user said yes."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        asked = await agent.call("validate_command", command="open the front door")
        confirmed = await agent.call(
            "validate_command", command="open the front door", confirmed=True
        )

        assert (asked.allowed, asked.requires_confirmation) == (False, True)
        assert (confirmed.allowed, confirmed.requires_confirmation) == (True, False)


async def test_guest_cannot_confirm() -> None:
    """What needs confirmation is denied to a guest."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        verdict = await agent.call(
            "validate_command",
            command="open the front door",
            confirmed=True,
            context={"user_kind": "guest"},
        )

        assert not verdict.allowed
        assert "guest.no_confirmation" in verdict.rule_ids


async def test_unknown_command_is_asked_about() -> None:
    """A command that no rule knows is asked about, and says so."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        verdict = await agent.call("validate_command", command="frobnicate the sprockets")

        assert verdict.requires_confirmation
        assert verdict.rule_ids == (UNKNOWN_COMMAND.rule_id,)


async def test_history_is_newest_first_and_by_user() -> None:
    """The history has every verdict, newest first, and can be narrowed to a user."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        for number in range(450):
            user = "anna" if number < 2 else "bob"
            await agent.call(
                "validate_command", command=f"search {number}", user_id=user, source="test"
            )
        newest = await agent.call("get_validation_history", limit=2)
        hers = await agent.call("get_validation_history", user_id="anna", limit=10)

        assert [record.command for record in newest.records] == ["search 449", "search 448"]
        assert [record.command for record in hers.records] == ["search 1", "search 0"]
        assert hers.records[0].source == "test"


async def test_history_outlives_the_process() -> None:
    """A new process goes on with the history of the old one."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        await agent.call("validate_command", command="status")
        store = agent.store
    async with AgentHarness(IntentionValidatorAgent, store=store) as agent:
        await agent.call("validate_command", command="time")
        history = await agent.call("get_validation_history")

        assert [record.command for record in history.records] == ["time", "status"]


async def test_history_expires_and_can_be_wiped() -> None:
    """Verdicts are kept for 90 days, or until the state is cleared."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        await agent.call("validate_command", command="status")
        await agent.clock.advance(KEPT_SECONDS + 1)
        assert (await agent.call("get_validation_history")).records == ()

        await agent.call("validate_command", command="status")
        await agent.call("clear_state")
        verdict = await agent.call("validate_command", command="time")

        assert verdict.validation_id.endswith("000001")


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("validate_command", {}, "command"),
        ("validate_command", {"command": "  "}, "command"),
        ("validate_command", {"command": "x" * (MAX_COMMAND + 1)}, "command"),
        ("validate_command", {"command": "x", "user_id": ""}, "user_id"),
        ("get_validation_history", {"limit": 0}, "limit"),
        ("get_validation_history", {"limit": 501}, "limit"),
    ],
)
async def test_malformed_requests_are_invalid(
    action: str, fields: dict[str, object], field: str
) -> None:
    """A request that is not as stated is refused with the field."""
    async with AgentHarness(IntentionValidatorAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
