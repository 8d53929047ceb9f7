"""Messages of the dreaming mode, and what it keeps. Only values live here."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from agents.creative_services.quiet_hours import HOURS, NOTHING
from common.messages import Reply, Request

Hour = Annotated[int, Field(ge=0, lt=HOURS)]


class StartDreamingRequest(Request):
    """Ask `start_dreaming`; now also begins a dream at once."""

    now: bool = True


class SetDreamIntervalRequest(Request):
    """Ask `set_dream_interval`."""

    is_idempotent: ClassVar[bool] = True

    seconds: float = Field(ge=10.0, le=86_400.0)


class OptimizeScheduleRequest(Request):
    """Ask `optimize_schedule`: how many hours a day may be dreamt."""

    is_idempotent: ClassVar[bool] = True

    hours: int = Field(default=6, ge=1, le=HOURS)


class DreamStatus(Reply):
    """Answer every action: whether it dreams, when it may (hours in UTC), and what came of it."""

    dreaming: bool
    interval_seconds: float
    hours: tuple[Hour, ...]
    dreams: int
    next_dream_at: float | None
    last_gain: float | None = None  # reward of learnt over aimless behaviour, for each episode
    last_error: str = ""


class Habits(BaseModel):
    """What outlives a restart: the schedule, and how much is talked at each hour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dreaming: bool = False
    interval_seconds: float = 600.0
    hours: tuple[Hour, ...] = tuple(range(HOURS))
    dreams: int = 0
    scenarios: tuple[str, ...] = ()
    talks: tuple[float, ...] = NOTHING
    last_gain: float | None = None
