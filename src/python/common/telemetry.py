"""What a process tells of itself: metrics, spans, and a word when something is amiss. No wiring."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from common.clock import Clock
from common.contracts.traces import Span
from common.facts import AgentFacts
from common.metrics import Metrics
from common.settings import Settings
from common.traces import Origin, Tracer
from common.transport.server import Answered

if TYPE_CHECKING:
    from common.otlp import SpanExporter

# Who is refused may knock a hundred times a second.
REFUSAL_LOG_SECONDS = 1.0


class Telemetry:
    """Count, trace and log what the transport reports."""

    def __init__(
        self,
        facts: AgentFacts,
        settings: Settings,
        clock: Clock,
        log: logging.Logger,
        is_known: Callable[[str], bool],
        read: Callable[[], tuple[str, int]],
    ) -> None:
        self.metrics = Metrics(facts.slug, is_known, read)
        self._tracer = Tracer(Origin(facts.slug, settings.instance, settings.release), clock.now)
        self._endpoint = settings.traces_endpoint
        self._clock = clock
        self._log = log
        self._exporter: SpanExporter | None = None
        self._told: dict[str, float] = {}

    def start(self) -> None:
        """Begin to send spans, if a collector is named."""
        if self._endpoint:
            from common.otlp import export_spans  # most processes send none

            self._exporter = export_spans(self._tracer, self._endpoint, self.metrics, self._log)

    async def close(self) -> None:
        """Send what is left."""
        if self._exporter is not None:
            await self._exporter.close()

    def spans(self, correlation_id: str) -> tuple[Span, ...]:
        """Return what is remembered of the work for a correlation id."""
        return self._tracer.spans(correlation_id)

    def answered(self, answered: Answered) -> None:
        """Take in a request that had its reply."""
        self.metrics.observe(answered.action, answered.status, answered.seconds)
        self._tracer.record(answered)

    def refused(self, reason: str, key: str, address: str) -> None:
        """Take in a peer that was kept out."""
        self.metrics.count("agent_refused_connections_total", reason=reason)
        now = self._clock.monotonic()
        if now - self._told.get(reason, -REFUSAL_LOG_SECONDS) >= REFUSAL_LOG_SECONDS:
            self._told[reason] = now
            told = {"reason": reason, "key": key[:8], "address": address}
            self._log.warning("refused a connection", extra=told)

    def circuit_opened(self, peer: str, endpoint: str) -> None:
        """Take in a peer that is given up for now."""
        self.metrics.count("agent_circuit_opened_total", peer=peer)
        self._log.warning("circuit opened", extra={"peer": peer, "endpoint": endpoint})

    def retried(self, peer: str) -> None:
        """Take in a request that is sent again."""
        self.metrics.count("agent_retries_total", peer=peer)

    def published(self, topic: str) -> None:
        """Take in an event that was told."""
        self.metrics.count("agent_events_published_total", topic=topic)

    def missed(self, topic: str, number: int = 1) -> None:
        """Take in events that a subscriber did not get."""
        self.metrics.count("agent_events_missed_total", number, topic=topic)
