"""The goals that are kept, in memory and in the store. Running them may not enter."""

from __future__ import annotations

from typing import Final

from common.contracts.goals import Goal, GoalStatus, ListGoalsRequest, ScoredGoal
from common.messages import ActionError, ErrorCode
from common.state import Store
from common.text import TextIndex

GOALS: Final = "goals"
MAX_GOALS: Final = 500
OVER: Final = (GoalStatus.COMPLETED, GoalStatus.FAILED, GoalStatus.CANCELLED)


class GoalBook:
    """Hold goals by their ids."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._goals: dict[str, Goal] = {}
        self._count = 0

    async def load(self) -> None:
        """Take up what the store has."""
        found = await self._store.scan(GOALS)
        self._goals = {key: Goal.model_validate(document) for key, document in found}
        self._count = max((int(key.removeprefix("goal-")) for key in self._goals), default=0)

    def __contains__(self, goal_id: object) -> bool:
        """Tell whether the goal is there."""
        return goal_id in self._goals

    def next_id(self) -> str:
        """Return the id of a new goal."""
        self._count += 1
        return f"goal-{self._count:08d}"

    def get(self, goal_id: str) -> Goal:
        """Return a goal, or raise ActionError."""
        if goal_id not in self._goals:
            raise ActionError(ErrorCode.NOT_FOUND, f"no goal {goal_id}", "goal_id")
        return self._goals[goal_id]

    def all(self) -> tuple[Goal, ...]:
        """Return every goal, oldest first."""
        return tuple(self._goals.values())

    async def put(self, goal: Goal) -> None:
        """Keep a goal."""
        self._goals[goal.goal_id] = goal
        await self._store.put(GOALS, goal.goal_id, goal.model_dump(mode="json"))

    async def make_room(self) -> None:
        """Let the oldest goal go that is over, when there are too many."""
        if len(self._goals) < MAX_GOALS:
            return
        over = next((goal for goal in self._goals.values() if goal.status in OVER), None)
        if over is None:
            raise ActionError(ErrorCode.CONFLICT, f"expected at most {MAX_GOALS} active goals")
        del self._goals[over.goal_id]
        await self._store.delete(GOALS, over.goal_id)

    def listed(self, request: ListGoalsRequest) -> list[Goal]:
        """Return the goals that are asked for, the most urgent first."""
        found = [
            goal for goal in self._goals.values()
            if request.status in (None, goal.status) and request.user_id in (None, goal.user_id)
        ]  # fmt: skip
        return sorted(found, key=lambda goal: (goal.priority, goal.created_at, goal.goal_id))

    def search(self, query: str, limit: int) -> tuple[ScoredGoal, ...]:
        """Return the goals whose words, or those of their tasks, fit best."""
        index = TextIndex()
        for key, goal in self._goals.items():
            index.add(key, " ".join((goal.description, *(t.description for t in goal.tasks))))
        found = index.search(query, limit)
        return tuple(ScoredGoal(goal=self._goals[key], score=score) for key, score in found)
