"""How far a start of containers is: events of the engine in, answers out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SERVICE_LABEL = "com.docker.compose.service"
CRASHES = 3
"""So many ends in a row before a container is healthy make a start fail."""
HOPELESS = frozenset({"0", "2"})
"""Exit codes that another start will not change: told to stop, or told nonsense."""


@dataclass(frozen=True)
class Change:
    """A service came into a phase at a moment, in unix seconds."""

    service: str
    phase: str
    at: float


class ContainerProgress:
    """Collect what the engine tells of the services of a project."""

    def __init__(self, services: Iterable[str]) -> None:
        self.missing = set(services)
        self.ends: dict[str, list[str]] = {}
        self.failure: Change | None = None

    def saw(self, event: Mapping[str, Any]) -> Change | None:
        """Take in an event; give the change that people want to hear of."""
        attributes = event["Actor"]["Attributes"]
        service, at = attributes.get(SERVICE_LABEL, ""), event["timeNano"] / 1e9
        action, _, detail = event["Action"].partition(":")
        if action == "health_status" and detail.strip() == "healthy":
            self.missing.discard(service)
            return Change(service, "ready", at)
        if action == "health_status":
            self.failure = Change(service, detail.strip(), at)
            return self.failure
        if action == "die":
            return self._ended(service, attributes.get("exitCode", "?"), at)
        return None

    def _ended(self, service: str, code: str, at: float) -> Change:
        ends = self.ends.setdefault(service, [])
        ends.append(code)
        change = Change(service, f"ended with exit code {code}", at)
        if service in self.missing and (code in HOPELESS or len(ends) >= CRASHES):
            self.failure = change
        return change

    @property
    def is_over(self) -> bool:
        """Whether every service is healthy, or one will not be."""
        return not self.missing or self.failure is not None
