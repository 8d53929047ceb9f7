"""Tests of ContextManager: what matters stays, within the budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.context_management.context_manager import MAX_SESSIONS, ContextManager
from agents.context_management.context_window import (
    MAX_TOKENS,
    Kept,
    cost_of,
    fitting,
    importance_of,
    score_at,
)
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Agent = AgentHarness[ContextManager]
WINDOWS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(1, 300), st.floats(0, 1e6)), max_size=40
).map(
    lambda rows: tuple(
        Kept(entry_id=str(n), speaker="user", text="x", importance=i, tokens=t, at=at)
        for n, (i, t, at) in enumerate(rows)
    )
)


async def add(agent: Agent, *texts: str, session: str = "default") -> None:
    """Let the user say these texts, ten seconds apart."""
    for text in texts:
        await agent.call("add_to_context", text=text, session_id=session)
        await agent.clock.advance(10)


async def test_context_is_told_in_order() -> None:
    """What was said comes back, oldest first, as entries and as one text."""
    async with AgentHarness(ContextManager) as agent:
        await add(agent, "Where is my key?")
        await agent.call("add_to_context", text="On the\ntable.", speaker="assistant")
        window = await agent.call("get_context")
        text = await agent.call("get_context_text")

        assert [entry.text for entry in window.entries] == ["Where is my key?", "On the\ntable."]
        assert text.text == "user: Where is my key?\nassistant: On the table."
        assert window.tokens == text.tokens > 0
        assert window.dropped == 0


async def test_what_matters_outlives_small_talk() -> None:
    """When the budget is small, wishes and facts stay and filler goes."""
    async with AgentHarness(ContextManager) as agent:
        await add(
            agent,
            "Remember that I am allergic to nuts",
            "ok",
            "hm",
            "The weather is grey",
            "What shall we cook?",
        )
        window = await agent.call("get_context", token_budget=15)
        texts = [entry.text for entry in window.entries]

        assert "Remember that I am allergic to nuts" in texts
        assert texts[-1] == "What shall we cook?"
        assert "The weather is grey" not in texts
        assert window.tokens <= 15
        assert window.dropped == 5 - len(texts)


async def test_old_things_fade_but_important_ones_slowly() -> None:
    """After an hour what hardly mattered is nearly gone, what mattered much is not."""
    async with AgentHarness(ContextManager) as agent:
        await agent.call("add_to_context", text="blue", importance=0.2)
        await agent.call("add_to_context", text="red", importance=1.0)
        await agent.clock.advance(3600)
        blue, red = (await agent.call("get_context")).entries

        assert blue.score < 0.1
        assert red.score > 0.8


async def test_pruning_forgets_for_good() -> None:
    """What is pruned does not come back with a larger budget."""
    async with AgentHarness(ContextManager) as agent:
        await add(agent, "ok", "My name is Anna", "yes")
        pruned = await agent.call("prune_context", least_score=0.2)
        window = await agent.call("get_context", token_budget=100_000)
        again = await agent.call("prune_context", least_score=0.2)

        assert (pruned.pruned, pruned.kept) == (2, 1)
        assert [entry.text for entry in window.entries] == ["My name is Anna"]
        assert again.pruned == 0


async def test_sessions_are_apart_and_can_be_cleared() -> None:
    """One session knows nothing of another."""
    async with AgentHarness(ContextManager) as agent:
        await add(agent, "one", session="a")
        await add(agent, "two", session="b")
        cleared = await agent.call("clear_context", session_id="a")
        again = await agent.call("clear_context", session_id="a")
        left = await agent.call("get_context", session_id="b")

        assert (cleared.entries, again.entries) == (1, 0)
        assert [entry.text for entry in left.entries] == ["two"]


async def test_context_survives_a_restart() -> None:
    """A new process goes on with the same window."""
    async with AgentHarness(ContextManager) as agent:
        await add(agent, "one", "two")
        before = await agent.call("get_context_text")
        store, clock = agent.store, agent.clock
    async with AgentHarness(ContextManager, store=store, clock=clock) as agent:
        assert await agent.call("get_context_text") == before


async def test_windows_are_bounded() -> None:
    """Long windows lose what matters least, and old sessions go when there are many."""
    async with AgentHarness(ContextManager) as agent:
        pruned = 0
        for number in range(12):
            text = f"{number} " + "word " * 1000
            added = await agent.call("add_to_context", text=text, session_id="long")
            pruned += added.pruned
        long = await agent.call("get_context", session_id="long", token_budget=100_000)
        for number in range(MAX_SESSIONS):
            await agent.call("add_to_context", text="x", session_id=f"s{number}")
        gone = await agent.call("get_context", session_id="long")

        assert pruned > 0
        assert long.tokens <= MAX_TOKENS
        assert gone.entries == ()


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("add_to_context", {"text": " "}, "text"),
        ("add_to_context", {"text": "x" * 10_001}, "text"),
        ("add_to_context", {"text": "a " * 5_000 + "b" * 0}, None),
        ("add_to_context", {"text": "x", "importance": 2}, "importance"),
        ("add_to_context", {"text": "x", "speaker": "dog"}, "speaker"),
        ("get_context", {"token_budget": 0}, "token_budget"),
        ("prune_context", {"least_score": float("nan")}, "least_score"),
        ("clear_context", {"session_id": ""}, "session_id"),
    ],
)
async def test_out_of_bounds_is_invalid_or_kept(
    action: str, fields: dict[str, object], field: str | None
) -> None:
    """What cannot be is refused with its field; a long text of short words is kept."""
    async with AgentHarness(ContextManager) as agent:
        if field is None:
            added = await agent.call(action, **fields)
            assert added.entry.tokens <= MAX_TOKENS
            return
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("ok thanks", "the shop is closed"),
        ("the shop is closed", "the shop closes at 18:30"),
        ("the weather is nice", "remember that my sister comes"),
        ("I saw a bird", "My name is Anna"),
    ],
)
def test_importance_is_ranked_as_people_would(less: str, more: str) -> None:
    """Filler, statements, facts and wishes come in this order."""
    assert importance_of(less, "user", ()) < importance_of(more, "user", ())


@given(WINDOWS, st.integers(1, 2_000), st.floats(1e6, 2e6))
def test_what_fits_is_within_the_budget_and_in_order(
    window: tuple[Kept, ...], budget: int, now: float
) -> None:
    """The budget and the order hold, the newest is there when it fits, twice is once."""
    fit = fitting(window, budget, now)

    assert cost_of(fit) <= budget
    assert [kept for kept in window if kept in fit] == list(fit)
    assert fitting(fit, budget, now) == fit
    if window and window[-1].tokens <= budget:
        assert window[-1] in fit


@given(WINDOWS, st.floats(1e6, 2e6), st.floats(0, 1e6))
def test_scores_only_fade(window: tuple[Kept, ...], now: float, seconds: float) -> None:
    """No entry gains by waiting."""
    for kept in window:
        assert 0 <= score_at(kept, now + seconds) <= score_at(kept, now) <= 1


@given(st.text(min_size=1, max_size=500))
def test_importance_is_a_share(text: str) -> None:
    """Importance is a share."""
    assert 0 <= importance_of(text, "user", ()) <= 1
