"""Whether somebody is there, from signs that count less as time passes. No peer may enter."""

from __future__ import annotations

from typing import Final

from common.contracts.emotion import PersonSeen, Presence, SignKind

STRENGTHS: Final[dict[SignKind, tuple[float, float]]] = {
    SignKind.FACE: (0.97, 60.0),
    SignKind.SPEECH: (0.9, 90.0),
    SignKind.INTERACTION: (0.95, 180.0),
    SignKind.MOTION: (0.7, 45.0),
    SignKind.INPUT: (0.9, 120.0),
}
"""For each kind: how sure a fresh sign makes, and the seconds after which half of it is left."""

PRESENT: Final = 0.5
MAX_PEOPLE: Final = 100
PERSON_SECONDS: Final = 600.0


class Signs:
    """Remember the latest sign of each kind and of each person."""

    def __init__(self) -> None:
        self._latest: dict[SignKind, tuple[float, float]] = {}
        self._people: dict[str, float] = {}

    def note(self, kind: SignKind, at: float, confidence: float = 1.0, person: str = "") -> None:
        """Take in a sign; a fainter one does not weaken what an earlier one still says."""
        fresh = STRENGTHS[kind][0] * confidence
        if fresh >= self._strength(kind, at):
            self._latest[kind] = (at, fresh)
        if person:
            self._people.pop(person, None)
            self._people[person] = at
            while len(self._people) > MAX_PEOPLE:
                del self._people[next(iter(self._people))]

    def probability(self, now: float) -> float:
        """Return how likely somebody is there: not, only when every sign is wrong."""
        absent = 1.0
        for kind in self._latest:
            absent *= 1.0 - self._strength(kind, now)
        return 1.0 - absent

    def picture(self, now: float) -> Presence:
        """Return all that the signs say at a time."""
        probability = self.probability(now)
        ages = {kind: max(0.0, now - at) for kind, (at, _) in self._latest.items()}
        people = [
            PersonSeen(person=person, seconds_ago=max(0.0, now - at))
            for person, at in reversed(self._people.items())
            if now - at <= PERSON_SECONDS
        ]
        return Presence(
            present=probability >= PRESENT,
            probability=probability,
            idle_seconds=min(ages.values(), default=None),
            people=tuple(people),
            signs=ages,
        )

    def _strength(self, kind: SignKind, now: float) -> float:
        if kind not in self._latest:
            return 0.0
        at, fresh = self._latest[kind]
        return float(fresh * 0.5 ** (max(0.0, now - at) / STRENGTHS[kind][1]))
