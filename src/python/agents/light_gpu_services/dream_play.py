"""
Playing a scenario through: Q-learning from random episodes, then the learnt policy beside chance.

Watkins and Dayan, Q-learning, 1992. No store, no clock and no peer may enter.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from common.contracts.dreams import Choice, Outcome, Scenario

DISCOUNT: Final = 0.95

Values = dict[str, dict[str, float]]
Policy = Callable[[str], str]


@dataclass(frozen=True)
class Played:
    """Mean rewards of an episode, by chance and as learnt, and the best choice of each state."""

    aimless_reward: float
    learnt_reward: float
    lessons: tuple[Choice, ...]


class DreamPlay:
    """One scenario, ready to be played with a seed."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._start = scenario.start
        self._chance = random.Random(seed)
        found: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
        for outcome in scenario.outcomes:
            found[outcome.state][outcome.action].append(outcome)
        self._outcomes: Mapping[str, Mapping[str, list[Outcome]]] = found

    def play(self, episodes: int, steps: int) -> Played:
        """Learn from aimless episodes, then try what was learnt as often."""
        values: Values = {
            state: dict.fromkeys(sorted(actions), 0.0) for state, actions in self._outcomes.items()
        }
        visits: dict[tuple[str, str], int] = defaultdict(int)

        def learn(outcome: Outcome) -> None:
            key = outcome.state, outcome.action
            visits[key] += 1
            # Between 1/n, which never forgets the guesses of the beginning, and 1/sqrt(n), which
            # settles too slowly for a short dream.
            rate = visits[key] ** -0.8
            promised = max(values.get(outcome.next_state, {"": 0.0}).values())
            known = values[outcome.state][outcome.action]
            target = outcome.reward + DISCOUNT * promised
            values[outcome.state][outcome.action] = known + rate * (target - known)

        def aimless(state: str) -> str:
            return self._chance.choice(sorted(self._outcomes[state]))

        def learnt(state: str) -> str:
            return _best(values[state])[0]

        by_chance = sum(self._episode(aimless, steps, learn) for _ in range(episodes))
        as_learnt = sum(self._episode(learnt, steps, lambda _: None) for _ in range(episodes))
        lessons = tuple(_lesson(state, values[state]) for state in sorted(values))
        return Played(by_chance / episodes, as_learnt / episodes, lessons)

    def _episode(self, policy: Policy, steps: int, see: Callable[[Outcome], None]) -> float:
        state, total = self._start, 0.0
        for _ in range(steps):
            if state not in self._outcomes:
                break
            outcome = self._happen(state, policy(state))
            see(outcome)
            total += outcome.reward
            state = outcome.next_state
        return total

    def _happen(self, state: str, action: str) -> Outcome:
        possible = self._outcomes[state][action]
        weights = [outcome.probability for outcome in possible]
        return self._chance.choices(possible, weights)[0]


def _best(values: Mapping[str, float]) -> tuple[str, float]:
    return min(values.items(), key=lambda item: (-item[1], item[0]))


def _lesson(state: str, values: Mapping[str, float]) -> Choice:
    action, value = _best(values)
    others = [other for name, other in values.items() if name != action]
    margin = value - max(others) if others else 0.0
    return Choice(state=state, action=action, value=round(value, 4), margin=round(margin, 4))
