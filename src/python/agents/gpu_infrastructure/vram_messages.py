"""
Messages and settings of VRAMOptimizerAgent.

Only values live here.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.configuration import Configuration
from common.contracts.models import ModelMemory
from common.messages import Reply, Request

DAY = 86_400.0


class VRAMOptimizerConfiguration(Configuration):
    """Say how often to look, what is too full, and after how long an idle model goes."""

    interval_seconds: float = Field(default=10.0, ge=0.05, le=3_600.0)
    threshold: float = Field(default=0.85, gt=0.0, le=1.0)
    idle_seconds: float = Field(default=900.0, ge=0.0, le=7 * DAY)


class SetThreshold(Request):
    """Ask `set_vram_threshold`: above this share of the memory, idle models are unloaded."""

    is_idempotent: ClassVar[bool] = True

    threshold: float = Field(gt=0.0, le=1.0, allow_inf_nan=False)


class SetIdleTimeout(Request):
    """Ask `set_idle_timeout`: a model that idles for longer goes at any rate; 0 is never."""

    is_idempotent: ClassVar[bool] = True

    seconds: float = Field(ge=0.0, le=7 * DAY, allow_inf_nan=False)


class Unload(BaseModel):
    """One model that was unloaded, or could not be, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    memory_mb: float
    reason: str
    at: float
    problem: str = ""


class VramStatus(Reply):
    """Answer every action but `track_model_usage`; `memory` is None until it could be read."""

    memory: ModelMemory | None
    used_share: float = 0.0
    threshold: float
    idle_seconds: float
    unloads: tuple[Unload, ...] = ()  # newest first
    problem: str = ""
