"""Tests of custom commands apart from the agent that runs them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.custom_commands import command_names, find_cycle, key_of
from common.contracts.language import CommandKind, CustomCommand


def test_cycles_are_found() -> None:
    """The way round is returned from where it begins."""
    web = {
        name: CustomCommand(name=name, kind=CommandKind.ALIAS_FOR, target=target)
        for name, target in (("a", "b"), ("b", "run c"), ("c", "b"), ("d", "say x"))
    }

    assert find_cycle("a", web) == ("b", "c", "b")
    assert find_cycle("d", web) == ()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_names_have_one_spelling(text: str) -> None:
    """The key of a name is the key of its key."""
    assert key_of(key_of(text)) == key_of(text)
    assert command_names(text)
