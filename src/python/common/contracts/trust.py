"""
Messages about trust: how often agents and models did well, and how sure that is.

Only values live here; scores are worked out by agent_trust_scorer.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request

Trusted = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/@+-]*$", max_length=200)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class LogPerformanceRequest(Request):
    """Ask agent_trust_scorer `log_performance`: how one piece of work of an agent went."""

    agent: Trusted
    success: bool
    quality: Share | None = None  # None: 1 for a success, 0 for a failure
    weight: float = Field(default=1.0, gt=0.0, le=10.0, allow_inf_nan=False)
    task: str = Field(default="", max_length=200)


class TrustQuery(Query):
    """Ask `get_trust_score`."""

    agent: Trusted


class TrustScore(Reply):
    """Answer with a score; low and high hold it in nine cases of ten, known says any is seen.

    An agent that nobody has seen has the score of the prior.
    """

    agent: str
    score: Share
    low: Share
    high: Share
    samples: int
    known: bool = True
    updated_at: float | None = None


class TrustHistoryRequest(Query):
    """Ask `get_performance_history`."""

    agent: Trusted
    limit: int = Field(default=50, ge=1, le=200)


class TrustEntry(BaseModel):
    """Hold one result and the score after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    success: bool
    quality: float
    weight: float
    task: str = ""
    score: float


class TrustHistory(Reply):
    """Answer `get_performance_history`, newest first."""

    agent: str
    entries: tuple[TrustEntry, ...]


class TrustRanking(Reply):
    """Answer `list_trust_scores`, most trusted first."""

    scores: tuple[TrustScore, ...]
