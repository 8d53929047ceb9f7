"""
Messages about reasoning: steps, thoughts and beliefs.

Only values live here; who solves what is the business of the agents. Every answer says whether
embedded rules or a model found it, and whether it was checked.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.contracts.models import Engine
from common.messages import Query, Reply, Request

Question = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"\S")]
Statement = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Method(StrEnum):
    """Name what found an answer."""

    SOLVER = "solver"  # embedded rules, recomputed a second way
    SEARCH = "search"  # a search over states that are evaluated exactly
    MODEL = "model"  # a language model
    MIXED = "mixed"  # a solver for some parts, a model for others
    NONE = "none"  # nothing could


class ReasoningStep(BaseModel):
    """Hold one step; verified means that its result was computed a second way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    expression: str = ""
    result: str
    method: Method
    verified: bool = False


class ReasonRequest(Query):
    """Ask chain_of_thought_agent `reason`; without use_model only what is certain is answered."""

    question: Question
    use_model: bool = True


class Reasoning(Reply):
    """Answer `reason`: the steps in order, and the parts that nobody could answer."""

    question: str
    answer: str
    steps: tuple[ReasoningStep, ...] = ()
    method: Method
    engine: Engine  # of the model, when one was asked; embedded otherwise
    verified: bool  # every step was
    confidence: Share
    unanswered: tuple[str, ...] = ()
    note: str = ""


class DecomposeRequest(Query):
    """Ask chain_of_thought_agent `decompose`."""

    question: Question


class Decomposition(Reply):
    """Answer `decompose`: the parts that are answered one after the other."""

    parts: tuple[str, ...]


class VerifyAnswerRequest(Query):
    """Ask chain_of_thought_agent `verify_answer`."""

    question: Question
    answer: Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]


class AnswerVerdict(Reply):
    """Answer `verify_answer`; correct is None when the embedded solver cannot tell."""

    correct: bool | None
    expected: str = ""
    steps: tuple[ReasoningStep, ...] = ()


# ---- got_tot_agent


class ExploreRequest(Query):
    """Ask got_tot_agent `reason`: how many thoughts a level keeps at first, how deep to look."""

    question: Question
    beam_width: int = Field(default=8, ge=1, le=64)
    max_depth: int | None = Field(default=None, ge=1, le=40)  # None: as the problem needs
    use_model: bool = True


class Thought(BaseModel):
    """Hold one thought of a path; score says how promising it is, from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thought_id: int
    parent_id: int | None  # that it was first reached from
    text: str
    score: Share
    depth: int


class BestPath(Reply):
    """Answer got_tot_agent `reason`: the best path from the first thought to the last."""

    question: str
    answer: str
    kind: str  # of problem: countdown, jugs, ordering, steps, open
    path: tuple[Thought, ...]
    solved: bool  # the goal was reached, and the path was checked against it
    explored: int
    merged: int = 0  # times that a thought was reached again by another way
    pruned: int = 0  # left out because the beam was full
    method: Method
    engine: Engine
    note: str = ""


# ---- cognitive_model_agent


class Conflict(StrEnum):
    """Name what to do with a belief that contradicts what is believed."""

    REVISE = "revise"  # the weaker side goes
    REFUSE = "refuse"  # what is believed stays


class AddBeliefRequest(Request):
    """Ask cognitive_model_agent `add_belief`: a sentence such as `if it rains, it is wet`."""

    is_idempotent: ClassVar[bool] = True

    statement: Statement
    confidence: float = Field(default=0.8, gt=0.0, le=1.0)
    source: str = Field(default="", max_length=200)
    on_conflict: Conflict = Conflict.REVISE


class Belief(BaseModel):
    """Hold one belief; because names the beliefs that it follows from, none for a told one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    belief_id: str
    statement: str
    confidence: Share
    source: str = ""
    because: tuple[str, ...] = ()
    added_at: float = 0.0


class Contradiction(BaseModel):
    """Hold a proposition that follows and does not, and the beliefs on both sides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    supports: tuple[str, ...]  # statements that it follows from
    opposes: tuple[str, ...]  # statements that its negation follows from


class BeliefAdded(Reply):
    """Answer `add_belief`; retracted are weaker beliefs that had to go."""

    belief_id: str
    accepted: bool
    consistent: bool  # with what was believed
    contradictions: tuple[Contradiction, ...] = ()
    retracted: tuple[str, ...] = ()
    concluded: tuple[str, ...] = ()  # what follows now that did not before


class BeliefQuery(Query):
    """Ask cognitive_model_agent `query_belief`."""

    statement: Statement


class Truth(StrEnum):
    """Name what the beliefs say about a statement."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class BeliefAnswer(Reply):
    """Answer `query_belief`: what follows, how surely, and from which beliefs."""

    statement: str
    truth: Truth
    confidence: Share
    because: tuple[str, ...] = ()
    is_told: bool = False
    checked_by: str = ""  # slug of the agent that was asked because no belief says so


class RetractBeliefRequest(Request):
    """Ask cognitive_model_agent `retract_belief`: by id or by statement."""

    is_idempotent: ClassVar[bool] = True

    belief_id: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,60}$")
    statement: Statement | None = None

    @model_validator(mode="after")
    def check_one_key(self) -> Self:
        """Refuse both keys and no key."""
        if (self.belief_id is None) == (self.statement is None):
            raise ValueError("give either belief_id or statement")
        return self


class BeliefRetracted(Reply):
    """Answer `retract_belief`; no_longer is what followed only from it."""

    retracted: str
    no_longer: tuple[str, ...] = ()


class BeliefSystemRequest(Query):
    """Ask cognitive_model_agent `get_belief_system`."""

    limit: int = Field(default=200, ge=1, le=2_000)


class BeliefEdge(BaseModel):
    """Hold that one proposition leads to another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    target: str
    rule: str


class BeliefSystem(Reply):
    """Answer `get_belief_system`: the graph of what is told and what follows."""

    told: tuple[Belief, ...]
    derived: tuple[Belief, ...]
    edges: tuple[BeliefEdge, ...]
    consistent: bool
    total: int
