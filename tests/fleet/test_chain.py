"""The critical chain: why a start took as long as it did."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.chain import Timeline, critical_chain, describe

Case = tuple[dict[str, Timeline], dict[str, tuple[str, ...]]]


@st.composite
def starts(draw: st.DrawFn) -> Case:
    """Make a start as it happens: an agent is ready some time after what it waited for."""
    size = draw(st.integers(1, 8))
    seconds = st.floats(0.001, 5, allow_nan=False)
    timelines: dict[str, Timeline] = {}
    graph: dict[str, tuple[str, ...]] = {}
    for number in range(size):
        needed = draw(st.sets(st.sampled_from(sorted(timelines)))) if timelines else set()
        launched = draw(seconds)
        up = launched + draw(seconds)
        gate = max([up, *(timelines[name].ready for name in needed)])
        timelines[f"a{number}"] = Timeline(launched, up, gate + draw(seconds))
        graph[f"a{number}"] = tuple(sorted(needed))
    return timelines, graph


@settings(deadline=None)
@given(starts())
def test_the_links_add_up(case: Case) -> None:
    """What the links have on the path is exactly the time that the start took."""
    timelines, graph = case

    chain = critical_chain(timelines, graph, 0.0)

    total = max(timeline.ready for timeline in timelines.values())
    assert sum(link.on_path for link in chain) == pytest.approx(total)


@settings(deadline=None)
@given(starts())
def test_the_chain_is_a_path(case: Case) -> None:
    """Each link waited for the one before it, which it depends on; the first waited for nobody."""
    timelines, graph = case

    chain = critical_chain(timelines, graph, 0.0)

    assert chain[0].waited_for is None
    for before, link in zip(chain, chain[1:], strict=False):
        assert link.waited_for == before.slug
        assert before.slug in graph[link.slug]


@settings(deadline=None)
@given(starts())
def test_no_time_is_negative(case: Case) -> None:
    """Every part of every link is a duration."""
    for link in critical_chain(*case, 0.0):
        assert min(link.process_start, link.waited, link.initialisation, link.on_path) >= 0


@settings(deadline=None)
@given(starts())
def test_a_faster_agent_off_the_chain_changes_nothing(case: Case) -> None:
    """Only agents of the chain matter: leave all others out, and it is the same."""
    timelines, graph = case
    chain = critical_chain(timelines, graph, 0.0)
    named = {link.slug for link in chain}

    assert critical_chain({n: t for n, t in timelines.items() if n in named}, graph, 0.0) == chain


def test_nothing_started_has_no_chain() -> None:
    """Without agents there is nothing to explain."""
    assert critical_chain({}, {}, 0.0) == ()


def test_the_report_names_every_part() -> None:
    """A line has the milliseconds on the path first, then its parts."""
    timelines = {"registry": Timeline(0, 0.4, 0.5), "twin": Timeline(0, 0.3, 0.9)}

    lines = describe(critical_chain(timelines, {"twin": ("registry",)}, 0.0))

    assert lines == (
        "   500 ms  registry  (process start 400 ms, own initialisation 100 ms)",
        "   400 ms  twin      (process start 300 ms, waiting for registry 200 ms,"
        " own initialisation 400 ms)",
    )
