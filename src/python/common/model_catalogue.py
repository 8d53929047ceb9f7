"""How models are declared: what each takes, and what it is good at. No backend may enter."""

from __future__ import annotations

from pydantic import Field, field_validator

from common.contracts.models import Task
from common.model_server import ModelServerConfiguration

Declared = dict[str, tuple[float, tuple[Task, ...]]]
"""Model -> what it takes in MB and what it is good at."""


class ModelCatalogueConfiguration(ModelServerConfiguration):
    """Say what models take: `NAME=MB`, or `NAME=MB:TASK+TASK`; a budget of 0 is the device's."""

    budget_mb: float = Field(default=0.0, ge=0.0, le=1e9)
    models: tuple[str, ...] = Field(default=(), max_length=200)

    @field_validator("models")
    @classmethod
    def check_models(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what cannot be read."""
        for text in models:
            read_declared(text)
        return models

    @property
    def declared(self) -> Declared:
        """Return what was declared, by model."""
        return dict(read_declared(text) for text in self.models)


def read_declared(text: str) -> tuple[str, tuple[float, tuple[Task, ...]]]:
    """Read `phi=2300:chat+summary`; without tasks a model is good at all."""
    name, _, rest = text.partition("=")
    size, _, tasks = rest.partition(":")
    known = {task.value: task for task in Task}
    wanted = [task for task in tasks.split("+") if task]
    is_number = size.isascii() and size.replace(".", "", 1).isdecimal() and len(size) < 12
    if not name or not is_number or any(task not in known for task in wanted):
        raise ValueError(f"expected NAME=MB or NAME=MB:TASK+TASK, found {text[:60]!r}")
    return name, (float(size), tuple(known[task] for task in wanted) or tuple(Task))
