"""
Messages about the progress of learning: sessions with their rates, and tuned parameters.

Only values live here; rates belong to learning_manager, parameters to learning_adjuster_agent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.messages import Query, Reply, Request

SessionKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Score = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=1e-6, le=10.0, allow_inf_nan=False)]
ParameterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$", max_length=100)]
Value = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

# ---- learning_manager


class CreateSessionRequest(Request):
    """Ask `create_session`; without an id one is picked."""

    session_id: SessionKey | None = None
    subject: str = Field(default="", max_length=200)
    learning_rate: Rate = 0.5
    minimum_rate: Rate = 0.001
    maximum_rate: Rate = 5.0

    @model_validator(mode="after")
    def check_bounds(self) -> Self:
        """Refuse a rate that is outside its bounds."""
        if not self.minimum_rate <= self.learning_rate <= self.maximum_rate:
            raise ValueError("expected minimum_rate <= learning_rate <= maximum_rate")
        return self


class SessionQuery(Query):
    """Ask `get_session` or `get_learning_rate`."""

    session_id: SessionKey


class UpdateSessionRequest(Request):
    """Ask `update_session`: the score that was reached; more is better."""

    session_id: SessionKey
    score: Score


class DeleteSessionRequest(Request):
    """Ask `delete_session`."""

    session_id: SessionKey


class LearningSession(Reply):
    """Answer `create_session`, `get_session` and `update_session`; scores oldest first."""

    session_id: str
    subject: str
    learning_rate: float
    minimum_rate: float
    maximum_rate: float
    scores: tuple[float, ...] = ()
    updates: int = 0
    best: float | None = None
    trend: str = "new"  # new, improving, steady, plateau or worse
    created_at: float
    updated_at: float


class LearningRate(Reply):
    """Answer `get_learning_rate`."""

    session_id: str
    learning_rate: float
    trend: str


# ---- learning_adjuster_agent


class RegisterParameterRequest(Request):
    """Ask `register_parameter`; results of before are forgotten when its bounds change."""

    is_idempotent: ClassVar[bool] = True

    name: ParameterName
    minimum: Value
    maximum: Value
    value: Value

    @model_validator(mode="after")
    def check_bounds(self) -> Self:
        """Refuse a value that is outside its bounds, and bounds without room."""
        if not self.minimum <= self.value <= self.maximum or self.minimum == self.maximum:
            raise ValueError("expected minimum <= value <= maximum, and minimum < maximum")
        return self


class AdjustParameterRequest(Request):
    """Ask `adjust_parameter`: set it; what is outside the bounds becomes the bound."""

    is_idempotent: ClassVar[bool] = True

    name: ParameterName
    value: Value


class RecordPerformanceRequest(Request):
    """Ask `record_performance`: the score that a value had; None is the value of now."""

    name: ParameterName
    score: Score
    value: Value | None = None


class OptimizeParametersRequest(Request):
    """Ask `optimize_parameters`: move to the values to try next; without names all of them."""

    names: tuple[ParameterName, ...] = Field(default=(), max_length=100)


class ParametersQuery(Query):
    """Ask `get_parameters`."""


class Trial(BaseModel):
    """Hold what a value scored, as the mean of the times it was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    score: float
    count: int = 1


class Parameter(BaseModel):
    """Hold one parameter; converged is that no neighbour is worth trying any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    minimum: float
    maximum: float
    value: float
    trials: tuple[Trial, ...] = ()
    best: Trial | None = None
    converged: bool = False
    reason: str = ""


class ParameterReply(Reply):
    """Answer `register_parameter`, `adjust_parameter` and `record_performance`."""

    parameter: Parameter


class Parameters(Reply):
    """Answer `optimize_parameters` and `get_parameters`, sorted by name."""

    parameters: tuple[Parameter, ...]
