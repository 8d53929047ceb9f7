"""What an overlay could not say exactly. Values only; each orchestrator's module has the rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Grade = Literal["approximated", "dropped", "needs_setup"]


@dataclass(frozen=True, order=True)
class Loss:
    """One field that an orchestrator takes differently, or not at all."""

    address: str
    field: str
    value: str
    grade: Grade
    why: str

    def document(self) -> dict[str, str]:
        """Give the loss as an entry of losses.json."""
        return asdict(self)
