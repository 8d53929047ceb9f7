"""Tests of the request queue and of the wording of sentences: laws."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core_services.question import sentence
from agents.core_services.request_queue import RequestQueue, Ticket, priority_of
from common.contracts import coordination as c

REQUESTS = st.builds(
    c.SubmitRequest,
    type=st.sampled_from([c.RequestType.TEXT, c.RequestType.BACKGROUND]),
    data=st.just("hello"),
    user_kind=st.sampled_from(c.UserKind),
    urgency=st.sampled_from(c.Urgency),
    priority=st.none() | st.integers(1, 10),
)
TICKETS = st.lists(
    st.builds(
        Ticket,
        request_id=st.uuids().map(str),
        request=REQUESTS,
        priority=st.integers(1, 10),
        submitted_at=st.floats(0, 100),
    ),
    max_size=30,
    unique_by=lambda ticket: ticket.request_id,
)


@settings(deadline=None)
@given(TICKETS)
async def test_tickets_are_taken_by_priority_then_age(tickets: list[Ticket]) -> None:
    """Whatever the order of arrival, no ticket is taken before a more urgent or older one."""
    queue = RequestQueue(capacity=100)
    for ticket in tickets:
        position = queue.add(ticket)
        assert queue.waiting()[position - 1] == ticket
    taken = [await queue.take() for _ in tickets]
    assert [ticket.turn for ticket in taken] == sorted(ticket.turn for ticket in tickets)


@settings(deadline=None)
@given(REQUESTS)
def test_priority_is_within_its_bounds(request: c.SubmitRequest) -> None:
    """A stated priority wins; a derived one is within 1 and 10 and urgency never delays."""
    found = priority_of(request)
    assert 1 <= found <= 10
    if request.priority is not None:
        assert found == request.priority
    urgent = request.model_copy(update={"urgency": c.Urgency.CRITICAL})
    assert priority_of(urgent) <= found


@settings(deadline=None)
@given(st.text(min_size=1).filter(str.strip))
def test_a_sentence_stays_one(text: str) -> None:
    """Making a sentence of a sentence changes nothing."""
    assert sentence(sentence(text)) == sentence(text)
