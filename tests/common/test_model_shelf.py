"""Tests of holding models in a budget, and of collections that do not grow without end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.bounded_documents import BoundedDocuments
from common.messages import ActionError, ErrorCode
from common.model_shelf import ModelShelf
from common.state.memory import MemoryStore
from common.testing import FakeClock


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"), st.floats(0, 60), st.sampled_from(("put", "use", "drop"))
        ),
        max_size=40,
    )
)
def test_the_budget_is_never_exceeded(steps: list[tuple[str, float, str]]) -> None:
    """Whatever is put, used and dropped, all that is held fits, and what is put is held."""
    clock = FakeClock()
    shelf = ModelShelf(100.0, clock)
    for model, memory_mb, step in steps:
        clock.set(clock.now() + 1)
        if step == "put":
            gone = shelf.put(model, memory_mb)
            assert model in shelf
            assert not any(name in shelf for name in gone)
        elif step == "use":
            shelf.use(model)
        else:
            shelf.drop(model)
            assert model not in shelf
        assert shelf.used_mb <= 100.0 + 1e-6


def test_what_never_fits_is_refused() -> None:
    """A model larger than the budget makes nobody go."""
    shelf = ModelShelf(10.0, FakeClock())
    shelf.put("a", 9.0)
    with pytest.raises(ActionError) as caught:
        shelf.put("b", 11.0)

    assert caught.value.code is ErrorCode.OVERLOADED
    assert "a" in shelf


async def test_the_oldest_documents_go() -> None:
    """At most so many are kept, also over a restart, and each for its time."""
    clock = FakeClock()
    store = MemoryStore(clock)
    documents = BoundedDocuments(store, clock, "box", most=2, seconds=60.0)
    for key in ("c", "b", "c", "a"):
        await clock.advance(1)
        await documents.put(key, {"key": key})
    again = BoundedDocuments(store, clock, "box", most=2, seconds=60.0)
    await again.load()
    assert (await again.get("b"), await again.get("c")) == (None, {"key": "c"})

    await again.put("d", {"key": "d"}, seconds=5.0)
    assert (len(again), await again.get("c"), await again.get("a")) == (2, None, {"key": "a"})
    await clock.advance(6)
    assert await again.get("d") is None
    assert len(again) == 1
    assert await again.delete("a")
    assert not await again.delete("a")
