"""
The people who were enrolled: numbers of their faces, in one file that is replaced whole.

Pictures are not kept. No picture is looked at here.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.messages import ActionError, ErrorCode

MOST_PEOPLE: Final = 500
MOST_PICTURES: Final = 10
FARTHEST: Final = 0.55
"""Faces farther apart than this are of different people."""

Vector = Annotated[tuple[float, ...], Field(min_length=128, max_length=128)]


class _Book(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    people: dict[str, tuple[Vector, ...]] = Field(default_factory=dict)


class KnownFaces:
    """Remember faces by name."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._people: dict[str, tuple[Vector, ...]] = {}

    def load(self) -> bool:
        """Read the file; tell whether it could be read."""
        try:
            self._people = dict(_Book.model_validate_json(self._file.read_bytes()).people)
        except FileNotFoundError:
            self._people = {}
        except (ValidationError, OSError):
            self._people = {}
            return False
        return True

    def counts(self) -> dict[str, int]:
        """Return how many pictures are known of each person, by name."""
        return {person: len(self._people[person]) for person in sorted(self._people)}

    def add(self, person: str, vector: Vector) -> int:
        """Remember one more picture of a person, the last ten at most."""
        if person not in self._people and len(self._people) >= MOST_PEOPLE:
            raise ActionError(ErrorCode.OVERLOADED, f"expected at most {MOST_PEOPLE} people")
        pictures = (*self._people.get(person, ()), vector)[-MOST_PICTURES:]
        self._write({**self._people, person: pictures})
        return len(pictures)

    def forget(self, person: str) -> bool:
        """Forget a person and tell whether there was one."""
        if person not in self._people:
            return False
        self._write({name: known for name, known in self._people.items() if name != person})
        return True

    def forget_all(self) -> None:
        """Forget everybody."""
        self._people = {}
        self._file.unlink(missing_ok=True)

    def who(self, vector: Vector) -> tuple[str | None, float]:
        """Return who this is, or None, and how sure that is."""
        distances = (
            (min(math.dist(vector, known) for known in pictures), person)
            for person, pictures in self._people.items()
        )
        distance, person = min(distances, default=(math.inf, ""))
        if distance > FARTHEST:
            return None, 0.0
        return person, max(0.0, 1.0 - distance)

    def _write(self, people: dict[str, tuple[Vector, ...]]) -> None:
        new = self._file.with_suffix(".new")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(_Book(people=people).model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)
        self._people = people
