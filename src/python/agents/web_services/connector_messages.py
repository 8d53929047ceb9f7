"""
Messages of RemoteConnectorAgent that nobody else needs.

Only values live here.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.models import ModelName, ModelPhase
from common.messages import Query, Reply, Request


class CheckStatusRequest(Query):
    """Ask `check_status`: of everything, or of one model."""

    model: ModelName | None = None


class ModelStatus(BaseModel):
    """What was told last of one model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    backend: str
    phase: ModelPhase
    at: float


class ConnectorStatus(Reply):
    """Answer `check_status`: which ways to a model are open, and what is kept."""

    server_configured: bool
    server_healthy: bool
    server_models: tuple[str, ...] = ()
    problem: str = ""
    manager_serving: bool
    circuit: str
    models: tuple[ModelStatus, ...] = ()
    kept_responses: int
    answered: dict[str, int] = Field(default_factory=dict)  # way -> how many


class ModelStatusUpdate(Request):
    """Ask `model_status_update`: what became of a model somewhere."""

    is_idempotent: ClassVar[bool] = True

    model: ModelName
    phase: ModelPhase
    backend: str = Field(default="", max_length=200)


class StatusTaken(Reply):
    """Answer `model_status_update`: how many models are known now."""

    models: int
