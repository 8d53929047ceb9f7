"""
Messages about dreams: scenarios that are played through in idle time.

Only values live here. A scenario is a small Markov decision process: states, what can be done in
each, and what may come of it.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.messages import Query, Reply, Request

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ScenarioId = Annotated[str, Field(min_length=1, max_length=100)]
Probability = Annotated[float, Field(gt=0.0, le=1.0)]
MOST_OUTCOMES: Final = 400


class Outcome(BaseModel):
    """What may come of doing something in a state."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Name
    action: Name
    next_state: Name
    probability: Probability
    reward: float = Field(default=0.0, ge=-1_000.0, le=1_000.0)


class Scenario(BaseModel):
    """Something that may happen; a state in which nothing can be done ends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    start: Name
    outcomes: tuple[Outcome, ...] = Field(min_length=1, max_length=MOST_OUTCOMES)

    @model_validator(mode="after")
    def check_outcomes(self) -> Self:
        """Refuse probabilities that do not add up to one, and a start where nothing happens."""
        sums: dict[tuple[str, str], float] = {}
        for outcome in self.outcomes:
            key = outcome.state, outcome.action
            sums[key] = sums.get(key, 0.0) + outcome.probability
        wrong = next((key for key, total in sums.items() if abs(total - 1.0) > 1e-6), None)
        if wrong is not None:
            raise ValueError(
                f"probabilities of {wrong[1]} in {wrong[0]} must add up to 1, found {sums[wrong]:g}"
            )
        if self.start not in {state for state, _ in sums}:
            raise ValueError(f"nothing can be done in the start {self.start}")
        return self


class CreateScenarioRequest(Request):
    """Ask dream_world_agent `create_scenario`: one of one's own, or one of the templates."""

    scenario: Scenario | None = None
    template: Name | None = None

    @model_validator(mode="after")
    def check_one_source(self) -> Self:
        """Refuse both sources and none."""
        if (self.scenario is None) == (self.template is None):
            raise ValueError("give either scenario or template")
        return self


class UpdateScenarioRequest(Request):
    """Ask dream_world_agent `update_scenario`."""

    scenario_id: ScenarioId
    scenario: Scenario


class ScenarioQuery(Query):
    """Ask dream_world_agent `get_scenario`."""

    scenario_id: ScenarioId


class ScenarioReply(Reply):
    """Answer with a scenario; revision counts its updates from 1."""

    scenario_id: str
    scenario: Scenario
    revision: int = 1


class RunSimulationRequest(Request):
    """Ask dream_world_agent `run_simulation`; the same seed gives the same dream."""

    scenario_id: ScenarioId
    episodes: int = Field(default=200, ge=1, le=5_000)
    steps: int = Field(default=50, ge=1, le=500)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class Choice(BaseModel):
    """What is best done in a state, and how much it promises over the second best."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    action: str
    value: float
    margin: float


class Dream(Reply):
    """Answer `run_simulation`: rewards of aimless and of learnt behaviour, and what was learnt."""

    dream_id: str
    scenario_id: str
    episodes: int
    seed: int
    aimless_reward: float  # mean for each episode
    learnt_reward: float
    lessons: tuple[Choice, ...]
    remembered: bool = False  # kept as a memory, too
    at: float = 0.0


class SimulationHistoryRequest(Query):
    """Ask dream_world_agent `get_simulation_history`, newest first."""

    scenario_id: ScenarioId | None = None
    limit: int = Field(default=20, ge=1, le=200)


class SimulationHistory(Reply):
    """Answer `get_simulation_history`."""

    dreams: tuple[Dream, ...]
