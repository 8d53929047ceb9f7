"""
Messages of UnifiedSystemAgent.

Only values live here.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.twin import AgentName, HostSample
from common.messages import Query, Reply, Request


class ListServicesRequest(Query):
    """Ask `list_services`: all, or those of a group, a machine or a phase."""

    group: str | None = Field(default=None, min_length=1, max_length=100)
    machine: str | None = Field(default=None, min_length=1, max_length=100)
    phase: str | None = Field(default=None, min_length=1, max_length=40)


class ServiceQuery(Query):
    """Ask `get_service_status`: slug or name of an agent."""

    service: AgentName


class ServiceOrder(Request):
    """Ask `start_service`, `stop_service` and `restart_service`: slug or name of an agent."""

    service: AgentName


class Service(BaseModel):
    """One copy of an agent, as the directory and the twin know it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    instance: str
    phase: str
    machine: str = ""
    group: str = ""
    since: float = 0.0
    depends_on: tuple[str, ...] = ()
    is_serving: bool


class Services(Reply):
    """Answer `list_services`, sorted by name; `note` says what could not be asked."""

    services: tuple[Service, ...]
    note: str = ""


class ServiceStatus(Reply):
    """Answer `get_service_status`: its copies, and what it needs that does not serve."""

    service: str
    is_serving: bool
    copies: tuple[Service, ...]
    missing: tuple[str, ...] = ()
    note: str = ""


class OrderTaken(Reply):
    """Answer the orders: what was asked of the hub, and what follows from it."""

    service: str
    restart_id: str | None = None  # None: nothing had to be done
    note: str


class SystemInfo(Reply):
    """Answer `get_system_info`: host, processes of the fleet by phase, own memory."""

    host: HostSample
    platform: str
    python: str
    boot_at: float
    load: tuple[float, float, float]
    agents: dict[str, int]
    own_memory: int


class CleanupRequest(Request):
    """Ask `cleanup_system`: take away temporary files of this agent that are old enough."""

    is_idempotent: ClassVar[bool] = True

    older_than_seconds: float = Field(default=3_600.0, ge=0.0, le=1e9)
    dry_run: bool = False


class CleanedUp(Reply):
    """Answer `cleanup_system`."""

    files: int
    freed_bytes: int
    kept: int  # temporary files that are too new, or could not be taken away
    dry_run: bool
