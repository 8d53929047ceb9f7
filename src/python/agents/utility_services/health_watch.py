"""Messages of the predictive health monitor, and what it knows of an agent. Only values."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.twin import AgentName
from common.messages import Event, Query, Reply, Request, Topic

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Figure = Annotated[float, Field(ge=0.0, le=1e15)]


class RegisterAgentRequest(Request):
    """Ask `register`; a limit of memory makes a leak predictable."""

    is_idempotent: ClassVar[bool] = True

    agent: AgentName
    memory_limit_mb: Figure = 0.0  # 0: what the host has


class AgentNameRequest(Request):
    """Ask `unregister`."""

    is_idempotent: ClassVar[bool] = True

    agent: AgentName


class HeartbeatRequest(Request):
    """Ask `heartbeat`: an agent lives, and so are its figures."""

    agent: AgentName
    memory_mb: Figure | None = None
    error_rate: Share = 0.0


class WatchStatusRequest(Query):
    """Ask `get_status`, of one agent or of all."""

    agent: AgentName | None = None


class WatchedAgent(BaseModel):
    """
    What is known of an agent: beats and memory are the newest, oldest first.

    Registered is who somebody named, the others the hub saw. Who beats itself says how it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    registered: bool = True
    beats_itself: bool = False
    memory_limit_mb: float = 0.0
    beats: tuple[float, ...] = ()
    memory: tuple[tuple[float, float], ...] = ()
    error_rate: Share = 0.0
    restarted_at: float | None = None


class Forecast(BaseModel):
    """How likely an agent is to fail soon, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    risk: Share
    suspicion: float
    seconds_left: float | None
    error_rate: Share
    reason: str


class WatchReply(Reply):
    """Answer `register`, `unregister` and `heartbeat`: how many agents are watched now."""

    agent: str
    watched: int
    known: bool = True


class WatchStatus(Reply):
    """Answer `get_status`, the one most at risk first; host_left is of the host's memory."""

    forecasts: tuple[Forecast, ...]
    host_seconds_left: float | None = None


class FailurePredicted(Event):
    """Tell that an agent is likely to fail, and whether a restart was asked for."""

    forecast: Forecast
    restarted: bool
    at: float


PREDICTIONS: Final = Topic("predictive_health_monitor", "predictions", FailurePredicted)
