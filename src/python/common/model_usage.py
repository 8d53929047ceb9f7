"""What past use of models says about the next: which follows which, and when in the day.

Pure counting, bounded and forgetful; no clock and no store may enter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pydantic import JsonValue

from common.contracts.models import ModelForecast

DAY_SECONDS = 86_400.0
HOURS = 24
MAX_MODELS = 200
DECAY = 0.995
"""What each use leaves of what was counted before: after 140 uses a count is worth half."""
FOLLOWING, HOURLY, OVERALL = 0.6, 0.25, 0.15
_NEGLIGIBLE = 1e-4


class ModelUsage:
    """Learn from the order and the hours in which models are used."""

    def __init__(self) -> None:
        self._overall: dict[str, float] = {}
        self._hourly: dict[str, dict[int, float]] = defaultdict(dict)
        self._following: dict[str, dict[str, float]] = defaultdict(dict)
        self.last: str | None = None
        self.uses = 0

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that were used, sorted."""
        return tuple(sorted(self._overall))

    def record(self, model: str, at: float) -> None:
        """Learn from one use at unix seconds."""
        self.uses += 1
        self._fade(self._overall)
        self._overall[model] = self._overall.get(model, 0.0) + 1.0
        hours = self._hourly[model]
        hours[_hour(at)] = hours.get(_hour(at), 0.0) * DECAY + 1.0
        if self.last is not None:
            after = self._following[self.last]
            self._fade(after)
            after[model] = after.get(model, 0.0) + 1.0
        self.last = model
        self._forget()

    def predict(self, at: float, limit: int = 3) -> tuple[ModelForecast, ...]:
        """Return what will be wanted next, likeliest first; the one used last stays out."""
        following = _shares(self._following.get(self.last or "", {}))
        hourly = _shares({model: self._near(model, at) for model in self._overall})
        overall = _shares(self._overall)
        weight = FOLLOWING if following else 0.0
        total = weight + HOURLY + OVERALL
        found = []
        for model in self._overall:
            parts = (
                (weight * following.get(model, 0.0), f"follows {self.last}"),
                (HOURLY * hourly.get(model, 0.0), "used at this time of day"),
                (OVERALL * overall.get(model, 0.0), "used often"),
            )
            reason = max(parts)[1]
            probability = min(1.0, sum(part for part, _ in parts) / total)
            found.append(ModelForecast(model=model, probability=probability, reason=reason))
        ranked = sorted(found, key=lambda each: (-each.probability, each.model))
        return tuple(each for each in ranked if each.model != self.last)[:limit]

    def dump(self) -> dict[str, JsonValue]:
        """Return what was learned as JSON."""
        return {
            "overall": dict(self._overall),
            "hourly": {
                model: {str(hour): count for hour, count in hours.items()}
                for model, hours in self._hourly.items()
            },
            "following": {model: dict(after) for model, after in self._following.items()},
            "last": self.last,
            "uses": self.uses,
        }

    @classmethod
    def load(cls, document: dict[str, JsonValue]) -> ModelUsage:
        """Return what a dump says."""
        usage = cls()
        usage._overall = _counts(document.get("overall"))
        for model, hours in _tables(document.get("hourly")):
            usage._hourly[model] = {int(hour): count for hour, count in hours.items()}
        for model, after in _tables(document.get("following")):
            usage._following[model] = after
        last = document.get("last")
        usage.last = last if isinstance(last, str) else None
        uses = document.get("uses")
        usage.uses = uses if isinstance(uses, int) else 0
        return usage

    def _near(self, model: str, at: float) -> float:
        hours = self._hourly.get(model, {})
        hour = _hour(at)
        beside = hours.get((hour - 1) % HOURS, 0.0) + hours.get((hour + 1) % HOURS, 0.0)
        return hours.get(hour, 0.0) + 0.5 * beside

    def _fade(self, counts: dict[str, float]) -> None:
        for model in counts:
            counts[model] *= DECAY

    def _forget(self) -> None:
        """Let the least used model go when there are too many."""
        while len(self._overall) > MAX_MODELS:
            least = min((m for m in self._overall if m != self.last), key=self._overall.__getitem__)
            del self._overall[least]
            self._hourly.pop(least, None)
            self._following.pop(least, None)
            for after in self._following.values():
                after.pop(least, None)


def _hour(at: float) -> int:
    return int(at % DAY_SECONDS // 3_600)


def _shares(counts: dict[str, float]) -> dict[str, float]:
    total = sum(counts.values())
    return {model: count / total for model, count in counts.items()} if total > _NEGLIGIBLE else {}


def _counts(found: JsonValue) -> dict[str, float]:
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: float(count) for name, count in pairs if isinstance(count, (int, float))}


def _tables(found: JsonValue) -> Iterable[tuple[str, dict[str, float]]]:
    pairs = found.items() if isinstance(found, dict) else ()
    return ((name, _counts(table)) for name, table in pairs)
