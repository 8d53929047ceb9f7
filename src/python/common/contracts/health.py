"""What every agent says of its own health, by action and over HTTP. No behaviour may enter."""

from typing import Literal

from common.lifecycle import Phase
from common.messages import Reply


class Pong(Reply):
    """Answer a ping."""

    agent: str
    instance: str


class HealthReport(Reply):
    """Describe a process: its phase, which dependencies it waits for, what it lost."""

    status: Literal["ok", "degraded", "unavailable"]
    agent: str
    instance: str
    phase: Phase
    waiting_for: tuple[str, ...]
    lost: tuple[str, ...]
    uptime_seconds: float
    inflight: int


class Cleared(Reply):
    """Say how many documents were wiped."""

    documents: int
