"""
Messages of learning: what is worth learning from, and what becomes of it.

Only values live here; training is in contracts.training, sessions in contracts.learning_progress.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.training import Cycle, Example, ExampleText, Label, TrainingId
from common.messages import Query, Reply, Request

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class Sign(StrEnum):
    """Name why an interaction is worth learning from."""

    FAILURE = "failure"
    CORRECTION = "correction"
    LOW_CONFIDENCE = "low_confidence"
    NOT_UNDERSTOOD = "not_understood"
    DEGRADED = "degraded"
    BY_HAND = "by_hand"


class Opportunity(BaseModel):
    """Hold one thing to learn; label is what was right, when it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opportunity_id: TrainingId
    text: ExampleText
    label: Label | None = None
    score: Share
    signs: tuple[Sign, ...] = Field(default=(), max_length=len(Sign))
    seen: int = Field(default=1, ge=1, le=10**9)
    at: float = Field(ge=0.0, le=1e11, allow_inf_nan=False)
    processed: bool = False


# ---- learning_opportunity_detector


class ScanInteractionRequest(Request):
    """Ask `scan_interaction`: judge something that was said elsewhere."""

    text: ExampleText
    intent: str = Field(default="", max_length=100)
    confidence: Share = 0.0
    degraded: tuple[Annotated[str, Field(max_length=100)], ...] = Field(default=(), max_length=84)
    failed: bool = False
    user_id: str = Field(default="anonymous", min_length=1, max_length=200)
    session_id: str = Field(default="scanned", min_length=1, max_length=100)


class ScanResult(Reply):
    """Answer `scan_interaction`: nothing is to be learnt from most of what is said."""

    opportunity: Opportunity | None = None


class TopOpportunitiesRequest(Query):
    """Ask `get_top_opportunities`: those that are not processed yet, best first."""

    limit: int = Field(default=10, ge=1, le=200)
    minimum_score: Share = 0.0
    with_processed: bool = False


class Opportunities(Reply):
    """Answer `get_top_opportunities`."""

    opportunities: tuple[Opportunity, ...]


class MarkProcessedRequest(Request):
    """Ask `mark_processed`: something was learnt from it, or nothing can be."""

    is_idempotent: ClassVar[bool] = True

    opportunity_id: TrainingId


class OpportunityReply(Reply):
    """Answer `mark_processed`."""

    opportunity: Opportunity


class DetectorStats(Reply):
    """Answer `get_stats` of the detector; interactions since the start."""

    interactions: int
    opportunities: int
    open: int
    by_sign: dict[str, int]
    unsent: int  # good enough, but nobody could be told yet


# ---- active_learning_monitor


class MarkInteractionRequest(Request):
    """Ask `mark_interaction`: say what was right for a text."""

    is_idempotent: ClassVar[bool] = True

    text: ExampleText
    label: Label


class MaterialSource(StrEnum):
    """Name whom a label comes from; in the order in which they are believed."""

    NOBODY = "nobody"
    MODEL = "model"  # it was sure, and nobody corrected it
    CORRECTION = "correction"
    HAND = "hand"


class Material(BaseModel):
    """Hold one text that was set aside; those without label wait for one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: ExampleText
    label: Label | None = None
    source: MaterialSource
    uncertainty: Share
    at: float


class MaterialMarked(Reply):
    """Answer `mark_interaction`: told is whether it was passed on as an opportunity."""

    material: Material
    told: bool


class TrainingMaterialRequest(Query):
    """Ask `get_training_material`: what can be trained on, or what should be labelled."""

    labelled: bool = True
    limit: int = Field(default=1_000, ge=1, le=1_000)


class TrainingMaterial(Reply):
    """Answer `get_training_material`, the most uncertain first."""

    material: tuple[Material, ...]

    @property
    def examples(self) -> tuple[Example, ...]:
        """Return what has a label."""
        return tuple(Example(text=m.text, label=m.label) for m in self.material if m.label)


class MonitorStats(Reply):
    """Answer `get_stats` of the monitor; interactions and repeats since the start."""

    interactions: int
    repeats: int
    labelled: int
    unlabelled: int
    by_label: dict[str, int]


# ---- learning_orchestration_service


class NewOpportunityRequest(Request):
    """Ask `new_learning_opportunity`; the same id again replaces what was told before."""

    is_idempotent: ClassVar[bool] = True

    opportunity: Opportunity


class OpportunityTaken(Reply):
    """Answer `new_learning_opportunity`: whether it counts, and what is decided by now."""

    accepted: bool
    waiting: int
    decision: str


class TrainingCyclesRequest(Query):
    """Ask `get_training_cycles`, newest first."""

    limit: int = Field(default=20, ge=1, le=200)
    active_only: bool = False


class TrainingCycles(Reply):
    """Answer `get_training_cycles`; decision says why no other one begins now."""

    cycles: tuple[Cycle, ...]
    decision: str


class OrchestrationStats(Reply):
    """Answer `get_stats` of the orchestration."""

    taken: int  # since the start of the process
    refused: int
    waiting: int
    cycles: int
    done: int
    failed: int
    improved: int
    left_today: int
    decision: str
