"""
Messages about shares of the host: what is free, what was granted to whom.

Only values live here; accounting belongs to resource_manager.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request

Cores = Annotated[float, Field(ge=0.0, le=10_000.0, allow_inf_nan=False)]
Megabytes = Annotated[float, Field(ge=0.0, le=1e9, allow_inf_nan=False)]
LeaseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=200)]
Percent = Annotated[float, Field(gt=0.0, le=100.0, allow_inf_nan=False)]


class Shares(BaseModel):
    """Hold an amount of each resource: cores, and MB of memory and of GPU memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: Cores = 0.0
    memory_mb: Megabytes = 0.0
    gpu_memory_mb: Megabytes = 0.0


class CheckResourcesRequest(Query):
    """Ask `check_resources`: whether this would be granted now."""

    shares: Shares = Shares()


class ResourceCheck(Reply):
    """Answer `check_resources`; reason says what is short."""

    available: bool
    free: Shares
    reason: str = ""


class AllocateRequest(Request):
    """Ask `allocate_resources`; the same request_id with the same shares renews the lease."""

    is_idempotent: ClassVar[bool] = True

    request_id: LeaseId
    agent: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)
    shares: Shares
    lease_seconds: float = Field(default=60.0, gt=0.0, le=3_600.0, allow_inf_nan=False)


class Grant(Reply):
    """Answer `allocate_resources`: a refusal is an answer, too, and says why."""

    request_id: str
    granted: bool
    expires_at: float | None = None
    reason: str = ""


class ReleaseRequest(Request):
    """Ask `release_resources`; what expired or was released before is not released again."""

    is_idempotent: ClassVar[bool] = True

    request_id: LeaseId


class Released(Reply):
    """Answer `release_resources`."""

    released: bool


class SetThresholdsRequest(Request):
    """Ask `set_thresholds`: which percentage of the host may be granted; None stays as it is."""

    is_idempotent: ClassVar[bool] = True

    cpu_percent: Percent | None = None
    memory_percent: Percent | None = None
    gpu_percent: Percent | None = None


class Thresholds(Reply):
    """Answer `set_thresholds`: which percentages hold now."""

    cpu_percent: float
    memory_percent: float
    gpu_percent: float


class Lease(BaseModel):
    """Hold one grant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    agent: str
    shares: Shares
    granted_at: float
    expires_at: float


class ResourceStats(Reply):
    """Answer `get_stats`: what the host has, uses, and what of it is granted."""

    host: Shares
    capacity: Shares  # what the thresholds leave of the host
    granted: Shares
    used_cpu_percent: float
    used_memory_percent: float
    used_gpu_percent: float | None = None  # None: there is no GPU
    leases: tuple[Lease, ...] = ()
    grants: int = 0  # since the start of the process
    refusals: int = 0
    expired: int = 0


class ResourceStatus(Reply):
    """Answer `get_status`: tight when less than a fifth of something is left to grant."""

    status: Literal["ok", "tight", "exhausted"]
    reasons: tuple[str, ...] = ()
    thresholds: Thresholds
    has_gpu: bool
