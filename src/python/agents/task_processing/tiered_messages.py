"""
Messages of the tiered responder.

Only values live here; which tier answers is decided in answer_tiers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Reply, Request


class Tier(StrEnum):
    """Name how much is done for an answer."""

    INSTANT = "instant"
    FAST = "fast"
    DEEP = "deep"


class RespondRequest(Request):
    """Ask `respond`; without a tier the question and the load decide."""

    text: Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
    tier: Tier | None = None


class Fall(BaseModel):
    """Say which tier did not answer, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Tier
    reason: str


class TieredAnswer(Reply):
    """Answer `respond`: with what, by which tier, and which tiers were tried before it.

    Without `answered` the text says only that there is no answer.
    """

    text: str
    tier: Tier
    wanted: Tier
    source: str  # "pattern", "clock", "arithmetic", "cache", "memory", "model" or "nothing"
    answered: bool
    seconds: float
    limit_seconds: float
    falls: tuple[Fall, ...] = ()


class TierFigures(Reply):
    """Answer `get_stats`: how often each tier answered since the start of the process."""

    instant: int
    fast: int
    deep: int
    unanswered: int
    in_flight: int
    cached: int
