"""Which models are held in a budget of memory, and which must go for another. No file may enter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.clock import Clock
from common.messages import ActionError, ErrorCode


@dataclass(frozen=True)
class HeldModel:
    """One model that is held, with what it takes in MB and when it was last used."""

    model: str
    memory_mb: float
    loaded_at: float
    last_used_at: float
    uses: int = 0


class ModelShelf:
    """Hold models as long as they fit together; the one that idles longest goes first."""

    def __init__(self, budget_mb: float, clock: Clock) -> None:
        self.budget_mb = budget_mb
        self._clock = clock
        self._held: dict[str, HeldModel] = {}

    def __contains__(self, model: object) -> bool:
        """Tell whether the model is held."""
        return model in self._held

    @property
    def held(self) -> tuple[HeldModel, ...]:
        """Return what is held, sorted by name."""
        return tuple(self._held[model] for model in sorted(self._held))

    @property
    def used_mb(self) -> float:
        """Return what all of them take."""
        return sum(held.memory_mb for held in self._held.values())

    @property
    def free_mb(self) -> float:
        """Return what is left of the budget."""
        return max(0.0, self.budget_mb - self.used_mb)

    def find(self, model: str) -> HeldModel | None:
        """Return how a model is held."""
        return self._held.get(model)

    def must_go(self, memory_mb: float) -> tuple[str, ...]:
        """Return which models have to go for another; refuse one that never fits."""
        if memory_mb > self.budget_mb:
            message = (
                f"expected a model of at most {self.budget_mb:.1f} MB, found {memory_mb:.1f} MB"
            )
            raise ActionError(ErrorCode.OVERLOADED, message, "model")
        going: list[str] = []
        free = self.free_mb
        for held in self.idle_longest():
            if free >= memory_mb:
                break
            going.append(held.model)
            free += held.memory_mb
        return tuple(going)

    def idle_longest(self) -> tuple[HeldModel, ...]:
        """Return what is held, the one that was not used for longest first."""
        return tuple(sorted(self._held.values(), key=lambda held: (held.last_used_at, held.model)))

    def put(self, model: str, memory_mb: float) -> tuple[str, ...]:
        """Hold a model and return which were let go for it; one that is held stays as it is."""
        if model in self._held:
            return ()
        going = self.must_go(memory_mb)
        for name in going:
            del self._held[name]
        now = self._clock.now()
        self._held[model] = HeldModel(model, memory_mb, now, now)
        return going

    def use(self, model: str) -> None:
        """Note that a model was used now, if it is held."""
        held = self._held.get(model)
        if held is not None:
            used = replace(held, last_used_at=self._clock.now(), uses=held.uses + 1)
            self._held[model] = used

    def drop(self, model: str) -> bool:
        """Let a model go and tell whether it was held."""
        return self._held.pop(model, None) is not None
