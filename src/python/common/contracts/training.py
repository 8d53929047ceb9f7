"""
Messages of training: cycles that are planned, and the jobs that carry them out.

Only values live here; plans belong to self_training_orchestrator, training to
local_fine_tuner_agent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.contracts.jobs import JobPhase
from common.messages import Event, Query, Reply, Request, Topic

MOST_EXAMPLES: Final = 1_000
FEWEST_EXAMPLES: Final = 4

TrainedModel = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ExampleText = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
TrainingId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Rate = Annotated[float, Field(ge=1e-4, le=10.0, allow_inf_nan=False)]
Decay = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Epochs = Annotated[int, Field(ge=1, le=500)]


class Example(BaseModel):
    """Hold one text and what is right for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: ExampleText
    label: Label


Examples = Annotated[tuple[Example, ...], Field(max_length=MOST_EXAMPLES)]


class TrainingPlan(BaseModel):
    """Say how to train: it ends sooner when nothing gets better for `patience` epochs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: Epochs = 100
    learning_rate: Rate = 0.5
    weight_decay: Decay = 1e-4
    patience: int = Field(default=15, ge=1, le=500)


class TrainingScores(BaseModel):
    """Hold the shares of held-out examples that were right before and after training.

    Before is the model that there was, or without one always the commonest label.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: float
    after: float
    held_out: int
    trained_on: int
    kept: bool  # the new model took the place of the old one: it is not worse


# ---- local_fine_tuner_agent


class CreateJobRequest(Request):
    """Ask `create_job`: teach a text classifier; one of that name learns on."""

    model: TrainedModel
    examples: Examples
    plan: TrainingPlan = TrainingPlan()

    @model_validator(mode="after")
    def check_examples(self) -> Self:
        """Refuse what nothing can be learnt from."""
        labels = {example.label for example in self.examples}
        if len(self.examples) < FEWEST_EXAMPLES or len(labels) < 2:
            found = f"{len(self.examples)} of {len(labels)}"
            raise ValueError(
                f"expected at least {FEWEST_EXAMPLES} examples of 2 labels, found {found}"
            )
        return self


class JobRequest(Request):
    """Ask `start_job`, which begins it, or `cancel_job`."""

    job_id: TrainingId


class JobQuery(Query):
    """Ask `get_status`."""

    job_id: TrainingId


class TrainingJob(Reply):
    """Answer `create_job`, `start_job`, `cancel_job` and `get_status`."""

    job_id: str
    model: str
    phase: JobPhase
    plan: TrainingPlan
    examples: int
    epoch: int = 0
    loss: float | None = None
    scores: TrainingScores | None = None
    error: str = ""
    trains: str = ""  # what kind of model it is, honestly
    created_at: float
    finished_at: float | None = None


class PredictRequest(Query):
    """Ask `predict`: what a trained model makes of a text."""

    model: TrainedModel
    text: ExampleText


class Prediction(Reply):
    """Answer `predict`, with the probability of every label, likeliest first."""

    model: str
    label: str
    confidence: float
    probabilities: dict[str, float]


# ---- self_training_orchestrator


class CyclePhase(StrEnum):
    """Name how far a cycle is."""

    PLANNED = "planned"
    QUEUED = "queued"  # waits for another cycle, or for its share of the host
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens to the cycle."""
        return self in (CyclePhase.DONE, CyclePhase.FAILED)


class CreateCycleRequest(Request):
    """Ask `create_cycle`; without examples it takes the material that was set aside by then."""

    model: TrainedModel
    examples: Examples = ()
    epochs: Epochs = 100
    reason: str = Field(default="", max_length=200)


class CycleRequest(Request):
    """Ask `start_cycle`."""

    cycle_id: TrainingId


class CycleStatusRequest(Query):
    """Ask `get_status`: of one cycle, or of the newest."""

    cycle_id: TrainingId | None = None
    limit: int = Field(default=20, ge=1, le=200)


class Cycle(BaseModel):
    """Hold one cycle; notes say what went on without help that should have been there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle_id: str
    model: str
    phase: CyclePhase
    epochs: int
    reason: str = ""
    examples: int = 0
    plan: TrainingPlan | None = None
    job_id: str | None = None
    scores: TrainingScores | None = None
    recorded: bool = False  # model_evaluation_framework has the scores
    notes: tuple[str, ...] = ()
    error: str = ""
    created_at: float
    finished_at: float | None = None

    @property
    def has_improved(self) -> bool:
        """Tell whether the model is better after it."""
        return self.scores is not None and self.scores.after > self.scores.before


class CycleReply(Reply):
    """Answer `create_cycle` and `start_cycle`."""

    cycle: Cycle


class CycleStatus(Reply):
    """Answer `get_status`, newest first."""

    cycles: tuple[Cycle, ...]


class CycleChanged(Event):
    """Tell that a cycle went to another phase."""

    cycle: Cycle


CYCLE_CHANGES: Final = Topic("self_training_orchestrator", "cycle_changes", CycleChanged)
