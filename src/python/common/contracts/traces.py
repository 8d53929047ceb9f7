"""What agents tell of the work they did for one request. No behaviour may enter."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from common.messages import Query, Reply

CorrelationId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Span(BaseModel, frozen=True, extra="forbid"):
    """One piece of work: an action that one process answered, and for which piece of work.

    `trace` is the correlation id, `parent` the id of the span that asked; it may be unknown.
    """

    trace: str
    id: str
    parent: str
    agent: str
    instance: str
    release: str
    action: str
    started: float
    seconds: float
    status: str


class TraceQuery(Query):
    """Ask for the spans of one correlation id."""

    correlation_id: CorrelationId


class Spans(Reply):
    """Give the spans that a process still knows, the oldest first."""

    spans: tuple[Span, ...]
