"""What the agents of a fleet did for one request, gathered from all of them. Draws nothing."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common.call_context import correlated, new_span
from common.contracts.traces import Span, Spans, TraceQuery
from common.messages import ActionError
from fleet import client
from fleet.clusters.local.launch import registry_endpoint
from fleet.model import Model, published

REGISTRY_SECONDS = 1.0
AGENT_SECONDS = 0.5


@dataclass(frozen=True)
class Address:
    """One copy of an agent, and where it can be asked; nowhere when the endpoint is empty."""

    agent: str
    instance: str
    endpoint: str = ""


@dataclass(frozen=True)
class Trace:
    """The spans of one correlation id, and the copies that did not tell theirs."""

    correlation_id: str
    spans: tuple[Span, ...] = ()
    missing: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """Give the trace as data."""
        return {
            "correlation_id": self.correlation_id,
            "spans": [span.model_dump() for span in self.spans],
            "missing": list(self.missing),
        }


class Asking:
    """One request of this program, as the span that everything done for it stands below."""

    def __init__(self) -> None:
        # As long as OpenTelemetry wants it, so that a collector shows it under this very name.
        self.correlation_id = secrets.token_hex(16)
        self._id = new_span()
        self._started = time.time()
        self._begun = time.perf_counter()
        self._seconds = 0.0
        self._status = ""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make the calls of a block part of the trace."""
        status = "failed"
        try:
            with correlated(self.correlation_id, client.SOURCE, self._id):
                yield
            status = "success"
        finally:
            self._seconds, self._status = time.perf_counter() - self._begun, status

    @property
    def span(self) -> Span:
        """Give the root of the tree."""
        return Span(
            trace=self.correlation_id,
            id=self._id,
            parent="",
            agent=client.SOURCE,
            instance=client.SOURCE,
            release="",
            action="ask",
            started=self._started,
            seconds=self._seconds,
            status=self._status,
        )


def addresses(model: Model, keys: Path | None = None) -> tuple[Address, ...]:
    """Find every copy of every agent, with an endpoint where this host can reach it."""
    is_local = model.environment.orchestrator == "process"
    found = _registered(model, keys) if is_local else _opened(model)
    known = {address.instance for address in found}
    unknown = tuple(
        Address(agent.slug, instance)
        for agent in model.agents
        for instance in agent.instances
        if instance not in known
    )
    return tuple(sorted(found + unknown, key=lambda address: address.instance))


def _registered(model: Model, keys: Path | None) -> tuple[Address, ...]:
    records = client.list_agents(registry_endpoint(model), REGISTRY_SECONDS, keys)
    return tuple(Address(record.slug, record.instance, record.endpoint) for record in records)


def _opened(model: Model) -> tuple[Address, ...]:
    """Find those that the environment publishes: containers' own addresses mean nothing here."""
    host = model.environment.publish_address
    return tuple(
        Address(agent.slug, agent.slug, f"tcp://{host}:{port}")
        for agent, port in published(model)
        if port == agent.port
    )


def gather(asking: Asking, copies: Sequence[Address], keys: Path | None = None) -> Trace:
    """Ask all copies at once for what they did; one that is silent for half a second is named."""
    return asyncio.run(_gather(asking, copies, keys))


async def _gather(asking: Asking, copies: Sequence[Address], keys: Path | None) -> Trace:
    question = TraceQuery(correlation_id=asking.correlation_id)
    told = await asyncio.gather(*(_spans(copy, question, keys) for copy in copies))
    pairs = tuple(zip(copies, told, strict=True))
    return Trace(
        asking.correlation_id,
        (asking.span, *(span for spans in told for span in spans or ())),
        tuple(copy.instance for copy, spans in pairs if spans is None),
    )


async def _spans(copy: Address, question: TraceQuery, keys: Path | None) -> tuple[Span, ...] | None:
    if not copy.endpoint:
        return None
    caller = client.Caller(copy.agent, copy.endpoint, keys)
    try:
        return (await caller.call("trace", question, Spans, AGENT_SECONDS)).spans
    except ActionError:  # it is named among the missing
        return None
    finally:
        caller.close()
