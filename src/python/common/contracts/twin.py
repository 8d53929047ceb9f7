"""
Messages of the system digital twin: agents, hosts, load and events.

Only values live here: no sampling, no forecast and no storage.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from common.messages import Query, Reply, Request

AgentName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=100)]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class Severity(StrEnum):
    """Grade an event; the order is the order of gravity."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class HistoryKind(StrEnum):
    """Name what the twin remembers."""

    METRICS = "metrics"
    EVENTS = "events"
    ERRORS = "errors"
    VRAM = "vram"


class AgentPicture(BaseModel):
    """
    Hold what is known about an agent.

    Phase is that of the registry, `gone` for an agent that was there once, or `unknown` for one
    that announced itself to the twin alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    instance: str
    endpoint: str
    health_endpoint: str = ""
    phase: str = "unknown"
    machine: str = ""
    group: str = ""
    since: float = 0.0
    depends_on: tuple[str, ...] = ()
    release: str = ""
    seen_at: float = 0.0
    announced: bool = False  # told the twin about itself
    capabilities: tuple[str, ...] = ()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class RegisterWithTwinRequest(Request):
    """Ask system_digital_twin `register_agent`: what the registry does not know."""

    is_idempotent: ClassVar[bool] = True

    agent: AgentName
    instance: str = Field(default="", max_length=200)
    endpoint: str = Field(pattern=r"^tcp://[^\s:]+:\d{1,5}$", max_length=300)
    health_endpoint: str = Field(default="", max_length=300, pattern=r"^(http://\S+)?$")
    machine: str = Field(default="", max_length=100)
    group: str = Field(default="", max_length=100)
    capabilities: tuple[str, ...] = Field(default=(), max_length=100)
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class AgentRequest(Query):
    """Ask system_digital_twin `get_agent_info` and `get_agent_endpoint`: slug or name."""

    agent: AgentName


class AgentInfo(Reply):
    """Answer `register_agent` and `get_agent_info`: one picture per running instance."""

    agents: tuple[AgentPicture, ...]


class AgentPictures(Reply):
    """
    Answer with agents sorted by slug.

    `get_all_agents` has those that are gone too, `get_registered_agents` those that are there or
    announced, `get_ok_agents` those that serve.
    """

    agents: tuple[AgentPicture, ...]


class AgentEndpoint(Reply):
    """Answer `get_agent_endpoint`: a ready instance if there is one."""

    agent: str
    instance: str
    endpoint: str
    health_endpoint: str
    phase: str


class HostSample(BaseModel):
    """Hold the resources of the host at one moment; bytes, and cpu in percent of all cores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    cpu_count: int = Field(ge=1)
    cpu_percent: Annotated[float, Field(ge=0.0, le=100.0)]
    memory_total: int = Field(ge=1)
    memory_available: int = Field(ge=0)
    swap_used: int = Field(default=0, ge=0)
    disk_total: int = Field(default=1, ge=1)
    disk_free: int = Field(default=0, ge=0)
    processes: int = Field(default=0, ge=0)


class VramSample(BaseModel):
    """Hold the memory of one GPU, as the agent that measures it reported; bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    total: int
    used: int
    models: dict[str, int] = Field(default_factory=dict)
    at: float
    source: str = ""


class UpdateVramRequest(Request):
    """Ask system_digital_twin `update_vram_metrics`; models maps a loaded model to its bytes."""

    device: str = Field(default="gpu0", min_length=1, max_length=100)
    total: int = Field(gt=0)
    used: int = Field(ge=0)
    models: dict[str, int] = Field(default_factory=dict)
    source: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def check_share(self) -> Self:
        """Refuse more in use than there is."""
        if self.used > self.total:
            raise ValueError(f"used ({self.used}) must not exceed total ({self.total})")
        return self


class VramUpdated(Reply):
    """Answer `update_vram_metrics`."""

    device: str
    free: int


class TwinMetrics(Reply):
    """Answer `get_metrics`: the newest sample of the host and of each GPU, agents by phase."""

    host: HostSample
    vram: tuple[VramSample, ...]
    agents: dict[str, int]


class GetHistoryRequest(Query):
    """Ask system_digital_twin `get_history`, newest first; severity is the least one wanted."""

    kind: HistoryKind = HistoryKind.METRICS
    since: float | None = None
    severity: Severity | None = None
    source: str | None = None
    limit: int = Field(default=100, ge=1, le=1_000)


class HistoryEntry(BaseModel):
    """Hold one thing of the past; severity and source are of events and errors only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    severity: Severity | None = None
    source: str | None = None
    data: dict[str, JsonValue]


class History(Reply):
    """Answer `get_history`."""

    kind: HistoryKind
    entries: tuple[HistoryEntry, ...]


class SimulateLoadRequest(Query):
    """Ask system_digital_twin `simulate_load`: so many replicas, each using that much."""

    cpu: Amount = 0.0  # cores
    memory: int = Field(default=0, ge=0)  # bytes
    vram: int = Field(default=0, ge=0)  # bytes
    disk: int = Field(default=0, ge=0)  # bytes
    replicas: int = Field(default=1, ge=1, le=1_000)

    @model_validator(mode="after")
    def check_load(self) -> Self:
        """Refuse a load that uses nothing."""
        if not (self.cpu or self.memory or self.vram or self.disk):
            raise ValueError("give at least one of cpu, memory, vram and disk above zero")
        return self


class Headroom(BaseModel):
    """Hold one resource before and after a load; free_after below zero means that it breaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: Literal["cpu", "memory", "vram", "disk"]
    total: float
    free_before: float
    free_after: float
    verdict: Literal["fits", "tight", "breaks"]


class LoadForecast(Reply):
    """Answer `simulate_load`: every resource that the load uses and what would break first."""

    fits: bool
    resources: tuple[Headroom, ...]
    breaks: tuple[str, ...]  # sentences
    replicas_that_fit: int
    sampled_at: float


class PublishEventRequest(Request):
    """Ask system_digital_twin `publish_event`."""

    event_type: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1, max_length=200)
    severity: Severity = Severity.INFO
    data: dict[str, JsonValue] = Field(default_factory=dict)


class ReportErrorRequest(Request):
    """Ask system_digital_twin `report_error`."""

    source: str = Field(min_length=1, max_length=200)
    message: str = Field(min_length=1, max_length=5_000)
    severity: Severity = Severity.ERROR
    details: dict[str, JsonValue] = Field(default_factory=dict)


class EventRecorded(Reply):
    """Answer `publish_event` and `report_error`."""

    event_id: str
    at: float
