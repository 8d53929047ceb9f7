"""What a process remembers of its work, and what the tracer does not bother with."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.call_context import CallContext
from common.traces import RING_SPANS, UNTRACED, Finished, Origin, Tracer
from common.transport.server import Answered

ORIGIN = Origin("alpha", "alpha-2", "r1")


def answered(
    correlation_id: str = "c", span: str = "s", action: str = "echo", status: str = "success"
) -> Answered:
    """Return a request that took a quarter of a second."""
    return Answered(action, status, 0.25, CallContext(correlation_id, "beta", None, span, "p"))


def tracer(size: int = RING_SPANS) -> Tracer:
    """Return a tracer of alpha-2 at ten seconds past the epoch."""
    return Tracer(ORIGIN, lambda: 10.0, size)


def test_a_span_says_who_did_what_when_and_for_whom() -> None:
    """A request that was answered is a span that began when the request came."""
    found = tracer()
    found.record(answered(status="not_found"))

    (span,) = found.spans("c")
    assert span.model_dump() == {
        "trace": "c",
        "id": "s",
        "parent": "p",
        "agent": "alpha",
        "instance": "alpha-2",
        "release": "r1",
        "action": "echo",
        "started": 9.75,
        "seconds": 0.25,
        "status": "not_found",
    }


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc")), st.integers(1, 5))
def test_the_ring_keeps_the_newest(correlation_ids: Sequence[str], size: int) -> None:
    """However many are recorded, the last ones are known, in order, and no more than fit."""
    found = tracer(size)
    for number, correlation_id in enumerate(correlation_ids):
        found.record(answered(correlation_id, str(number)))
        assert len(found) <= size

    kept = list(enumerate(correlation_ids))[-size:]
    for correlation_id in "abc":
        expected = [str(number) for number, known in kept if known == correlation_id]
        assert [span.id for span in found.spans(correlation_id)] == expected


@pytest.mark.parametrize("action", sorted(UNTRACED))
def test_what_machines_ask_all_the_time_is_no_span(action: str) -> None:
    """Probes and heartbeats do not push out what people ask for."""
    found = tracer()
    found.record(answered(action=action))

    assert len(found) == 0


def test_a_request_that_could_not_be_read_is_no_span() -> None:
    """Without a correlation id nobody could ask for the span."""
    found = tracer()
    found.record(answered(correlation_id="", action="", status="malformed"))

    assert len(found) == 0


def test_a_span_without_an_id_is_given_one() -> None:
    """A request that no span was made for is told from others all the same."""
    found = tracer()
    for _ in range(2):
        found.record(answered(span=""))

    assert len({span.id for span in found.spans("c")}) == 2


def test_every_span_is_exported() -> None:
    """What is recorded is handed on once, in order."""
    found, exported = tracer(), list[Finished]()
    found.export = exported.append
    for id in ("one", "two"):
        found.record(answered(span=id))

    assert [span.id for span in exported] == ["one", "two"]
