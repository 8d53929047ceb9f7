"""
Messages about kinds of tasks, and which agent takes which.

Only values live here; how a wording is judged is the business of advanced_router.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request


class TaskType(StrEnum):
    """Name what a text asks for."""

    CHAT = "chat"
    CODE = "code"
    COMMAND = "command"
    CREATIVE = "creative"
    FACT = "fact"
    MATH = "math"
    MEMORY = "memory"
    REASONING = "reasoning"
    SUMMARY = "summary"
    TRANSLATION = "translation"
    VISION = "vision"
    WEB = "web"


TAKERS: Final = MappingProxyType(
    {
        TaskType.CHAT: ("chitchat_agent",),
        TaskType.CODE: ("code_generator",),
        TaskType.COMMAND: ("advanced_command_handler",),
        TaskType.CREATIVE: ("model_manager_suite",),
        TaskType.FACT: ("knowledge_base", "unified_web_agent"),
        TaskType.MATH: ("advanced_command_handler",),
        TaskType.MEMORY: ("knowledge_base",),
        TaskType.REASONING: ("model_manager_suite",),
        TaskType.SUMMARY: ("model_manager_suite",),
        TaskType.TRANSLATION: ("translation_service",),
        TaskType.VISION: ("vision_processing_agent",),
        TaskType.WEB: ("unified_web_agent",),
    }
)
"""Who takes a task of each type, the first that serves."""


class DetectTaskTypeRequest(Request):
    """Ask advanced_router `detect_task_type`."""

    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S")


class RankedType(BaseModel):
    """One type that a text may be of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_type: TaskType
    probability: float = Field(ge=0.0, le=1.0)


class TaskRoute(Reply):
    """Answer `detect_task_type`: the likeliest type, and who should take it."""

    task_type: TaskType
    confidence: float = Field(ge=0.0, le=1.0)
    agent: str
    is_serving: bool  # the agent is in the directory and serves
    alternatives: tuple[RankedType, ...] = ()
    words: tuple[str, ...] = ()  # those that decided


class CapabilitiesRequest(Query):
    """Ask `get_model_capabilities`: of everybody, or of who takes one type."""

    task_type: TaskType | None = None


class Capability(BaseModel):
    """Say what one agent takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    task_types: tuple[TaskType, ...]
    is_serving: bool


class Capabilities(Reply):
    """Answer `get_model_capabilities`, sorted by agent."""

    capabilities: tuple[Capability, ...]


class TaskTypeStat(BaseModel):
    """Count how often a type was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_type: TaskType
    count: Annotated[int, Field(ge=0)]
    mean_confidence: float = Field(ge=0.0, le=1.0)


class TaskTypeStats(Reply):
    """Answer `get_task_type_stats`, for the time since the router started."""

    total: int
    stats: tuple[TaskTypeStat, ...]
