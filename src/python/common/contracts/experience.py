"""Messages about experiences: what was done in which situation, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request

Said = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Result(StrEnum):
    """Name how an action ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"


class TrackExperienceRequest(Request):
    """Ask experience_tracker `track_experience`."""

    agent: Label
    action: Label
    situation: Said
    result: Result
    reward: float = Field(default=0.0, ge=-1.0, le=1.0)
    lesson: str = Field(default="", max_length=2_000)


class Experience(BaseModel):
    """One experience; kept tells that the long-term memory has it, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experience_id: str
    agent: str
    action: str
    situation: str
    result: Result
    reward: float
    lesson: str = ""
    at: float
    kept: bool = False


class ExperienceTracked(Reply):
    """Answer `track_experience`."""

    experience: Experience


class ExperiencesRequest(Query):
    """Ask experience_tracker `get_experiences`: of an agent, an action, like a situation."""

    agent: Label | None = None
    action: Label | None = None
    situation: Said | None = None
    result: Result | None = None
    limit: int = Field(default=20, ge=1, le=200)


class Tally(BaseModel):
    """How the experiences of one action of one agent ended, and their mean reward."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    action: str
    count: int
    successes: int
    mean_reward: float


class Experiences(Reply):
    """Answer `get_experiences`: the most similar first, or else the newest; and all tallies."""

    experiences: tuple[Experience, ...]
    tallies: tuple[Tally, ...]
