"""Deadlines: each key is called late once, at its time, unless it was discarded before."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from common.call_context import CallContext, context_without_deadline, current_call, enter_call
from common.transport.deadlines import Deadlines


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=20))
def test_exactly_the_kept_keys_become_late(entries: list[tuple[int, bool]]) -> None:
    """Kept keys become late once each, discarded ones never."""

    async def run() -> None:
        late: list[int] = []
        done = asyncio.Event()
        kept = [key for key, (_, is_kept) in enumerate(entries) if is_kept]

        def note(key: int) -> None:
            late.append(key)
            if len(late) == len(kept):
                done.set()

        deadlines: Deadlines[int] = Deadlines(note)
        for key, (milliseconds, _) in enumerate(entries):
            deadlines.add(key, milliseconds / 1000)
        for key, (_, is_kept) in enumerate(entries):
            if not is_kept:
                deadlines.discard(key)
        if kept:
            async with asyncio.timeout(5):
                await done.wait()
        deadlines.close()
        assert sorted(late) == kept

    asyncio.run(run())


async def test_work_that_outlives_its_request_has_no_deadline() -> None:
    """A background task keeps the correlation id of what began it, not its deadline."""
    enter_call(CallContext("c", "test", 1.0))
    call = context_without_deadline().run(current_call)

    assert call == CallContext("c", "test", None)
