"""
Search over a graph of thoughts, level by level, that keeps the most promising of each.

Pure. A thought that is reached again by another way is merged; when the beam left something out
and nothing was found, the search goes again with a wider one. No problem's rules may enter.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

MAX_NODES: Final = 25_000
WIDER: Final = 8

S = TypeVar("S", bound=Hashable)


class Problem(Protocol[S]):
    """State what is searched; the score of a goal is 1."""

    @property
    def start(self) -> S:
        """Return the first state."""
        ...

    def following(self, state: S) -> Iterable[tuple[S, str]]:
        """Return the states one step on, each with what that step is."""
        ...

    def score(self, state: S) -> float:
        """Return how promising a state is, from 0 to 1."""
        ...

    def is_goal(self, state: S) -> bool:
        """Tell whether a state is what is looked for."""
        ...


@dataclass(frozen=True)
class Node(Generic[S]):
    """Hold a state, how it was first reached, and how promising it is."""

    number: int
    parent: int | None
    state: S
    text: str
    score: float
    depth: int


@dataclass(frozen=True)
class Found(Generic[S]):
    """Hold the best path; exhausted means that every state was looked at."""

    path: tuple[Node[S], ...]
    is_solved: bool
    is_exhausted: bool
    explored: int
    merged: int
    pruned: int


def search(problem: Problem[S], beam: int, depth: int, most: int = MAX_NODES) -> Found[S]:
    """Return the best path, with a beam that widens while that can help."""
    while True:
        found = _Level(problem, most).run(beam, depth)
        if found.is_solved or not found.pruned or found.explored >= most:
            return found
        beam *= WIDER


class _Level(Generic[S]):
    """Hold the nodes of one search."""

    def __init__(self, problem: Problem[S], most: int) -> None:
        self._problem, self._most = problem, most
        start = problem.start
        self._nodes = [Node(0, None, start, "start", problem.score(start), 0)]
        self._seen = {start}
        self._merged = self._pruned = 0

    def run(self, beam: int, depth: int) -> Found[S]:
        """Go level by level until a goal is found or nothing is left."""
        level = list(self._nodes)
        if self._problem.is_goal(level[0].state):
            return self._found(level[0], is_solved=True)
        for _ in range(depth):
            level = self._next(level)
            goal = next((node for node in level if self._problem.is_goal(node.state)), None)
            if goal is not None:
                return self._found(goal, is_solved=True)
            level.sort(key=lambda node: (-node.score, node.number))
            self._pruned += max(0, len(level) - beam)
            level = level[:beam]
            if not level or len(self._nodes) >= self._most:
                break
        best = max(self._nodes, key=lambda node: (node.score, -node.number))
        is_exhausted = not level and not self._pruned
        return self._found(best, is_solved=False, is_exhausted=is_exhausted)

    def _next(self, level: list[Node[S]]) -> list[Node[S]]:
        found: list[Node[S]] = []
        for parent in level:
            for state, text in self._problem.following(parent.state):
                if state in self._seen:
                    self._merged += 1
                    continue
                if len(self._nodes) >= self._most:
                    return found
                self._seen.add(state)
                score = self._problem.score(state)
                node = Node(len(self._nodes), parent.number, state, text, score, parent.depth + 1)
                self._nodes.append(node)
                found.append(node)
        return found

    def _found(self, end: Node[S], *, is_solved: bool, is_exhausted: bool = False) -> Found[S]:
        path = [end]
        while (parent := path[-1].parent) is not None:
            path.append(self._nodes[parent])
        return Found(
            tuple(reversed(path)), is_solved, is_exhausted, len(self._nodes), self._merged,
            self._pruned,
        )  # fmt: skip
