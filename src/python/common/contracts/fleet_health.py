"""
Messages about who of the fleet is alive, and what was done about it.

Only values live here; health_monitor looks, system_health_manager acts.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Event, Reply, Topic


class AgentHealth(BaseModel):
    """Hold what is known of one agent; `since` is when it came to be as it is.

    The phase is the one of its record, `gone` without a record, `unreachable` when its health
    port does not answer. `orderly` is of an agent that stopped because it was told to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    alive: bool
    phase: str
    since: float
    reason: str = ""
    orderly: bool = False
    deaths: int = 0


class FleetStatus(Reply):
    """Answer health_monitor `get_status` and `check_now`: all agents, and who is down."""

    agents: tuple[AgentHealth, ...]
    down: tuple[AgentHealth, ...]
    checked_at: float | None = None


class AgentHealthChanged(Event):
    """Tell that an agent died, came back or went to another phase; `was_alive` is before."""

    agent: str
    alive: bool
    phase: str
    at: float
    reason: str = ""
    was_alive: bool | None = None  # None: seen for the first time
    orderly: bool = False


AGENT_HEALTH: Final = Topic("health_monitor", "agent_health", AgentHealthChanged)


class RecoveryHappened(Event):
    """Tell that an agent was to be recovered, by what, and whether it came back."""

    agent: str
    action: str = Field(max_length=100)  # "restart" ...
    succeeded: bool
    attempt: int = 1
    reason: str = ""
    at: float


RECOVERIES: Final = Topic("system_health_manager", "recoveries", RecoveryHappened)
