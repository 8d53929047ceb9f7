"""When opportunities become a training cycle. Storage and calls may not enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from common.contracts.learning import Opportunity
from common.contracts.training import FEWEST_EXAMPLES, MOST_EXAMPLES, Cycle, Example

DAY: Final = 86_400.0


@dataclass(frozen=True)
class Budget:
    """Hold how much is learnt at most, and how much there must be to learn."""

    cycles_a_day: int
    batch_size: int
    least_examples: int

    def left(self, cycles: Sequence[Cycle], now: float) -> int:
        """Return how many cycles may still begin today."""
        begun = sum(now - cycle.created_at < DAY for cycle in cycles)
        return max(0, self.cycles_a_day - begun)

    def against(self, waiting: int, cycles: Sequence[Cycle], now: float) -> str:
        """Return why no cycle begins now, or nothing."""
        if any(not cycle.phase.is_over for cycle in cycles):
            return "a cycle runs: the next one waits for its end"
        if waiting < self.batch_size:
            return f"{waiting} of {self.batch_size} opportunities are there"
        if not self.left(cycles, now):
            return f"the budget of {self.cycles_a_day} cycles a day is used up"
        return ""

    def against_material(self, examples: Sequence[Example]) -> str:
        """Return why nothing can be learnt from this material, or nothing."""
        wanted = max(self.least_examples, FEWEST_EXAMPLES)
        if len(examples) < wanted:
            return f"{len(examples)} of {wanted} labelled examples are there"
        if len({example.label for example in examples}) < 2:
            return "all examples have one label"
        return ""


def united(waiting: Sequence[Opportunity], material: Sequence[Example]) -> tuple[Example, ...]:
    """Return what to train on: material that was set aside, then opportunities with a label."""
    found = {one.text: one for one in material}
    for one in waiting:
        if one.label is not None:
            found.setdefault(one.text, Example(text=one.text, label=one.label))
    return tuple(found.values())[:MOST_EXAMPLES]
