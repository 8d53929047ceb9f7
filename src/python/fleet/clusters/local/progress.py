"""How far a start is: events of the supervisor and records of the registry in, answers out.

Pure: the times come with the events. An agent counts as ready when the record that says so is
of the process that runs now, not of one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from common.contracts.registry import AgentRecord
from fleet.chain import Timeline
from fleet.clusters.local.plan import Plan

CRASHES = 3
"""So many ends in a row before an agent is ready make a start fail."""
HOPELESS = frozenset({0, 2})
"""Exit codes that another start will not change: told to stop, or told nonsense."""


@dataclass(frozen=True)
class Failure:
    """An agent that will not become ready, and why."""

    name: str
    why: str


class Progress:
    """Collect what is heard during a start."""

    def __init__(self, plan: Plan) -> None:
        self.needs = {spec.name: spec.depends_on for spec in plan.agents}
        self.launched: dict[str, float] = {}
        self.up: dict[str, float] = {}
        self.ready: dict[str, float] = {}
        self.ends: dict[str, list[int]] = {}

    def saw_event(self, event: Mapping[str, object]) -> None:
        """Take in an event of the supervisor."""
        name = str(event["name"])
        if event["event"] == "launched":
            self.launched[name] = float(str(event["at"]))
        elif event["event"] == "ended":
            self.ends.setdefault(name, []).append(int(str(event["code"])))
            self.ready.pop(name, None)

    def saw_record(self, record: AgentRecord, now: float) -> bool:
        """Take in a record of the registry; say whether it makes its agent ready."""
        name = record.instance
        if name not in self.launched or record.since < self.launched[name]:
            return False
        self.up[name] = min(record.since, now)
        if not record.phase.is_serving or name in self.ready:
            return False
        self.ready[name] = now
        return True

    @property
    def is_complete(self) -> bool:
        """Whether every agent is ready."""
        return self.ready.keys() >= self.needs.keys()

    @property
    def failure(self) -> Failure | None:
        """Give the first agent that will not become ready."""
        for name, codes in sorted(self.ends.items()):
            if name in self.ready:
                continue
            if codes[-1] in HOPELESS or len(codes) >= CRASHES:
                times = "once" if len(codes) == 1 else f"{len(codes)} times"
                return Failure(name, f"ended {times} before it was ready, {exit_text(codes[-1])}")
        return None

    def stuck(self) -> tuple[Failure, ...]:
        """Give those that others wait for: not ready, though all that they need is."""
        missing = [name for name in sorted(self.needs) if name not in self.ready]
        return tuple(
            Failure(name, "is not ready, though all that it depends on is")
            for name in missing
            if all(needed in self.ready for needed in self.needs[name])
        )

    def timelines(self) -> dict[str, Timeline]:
        """Give when each agent that is ready was launched, up and ready."""
        return {
            name: Timeline(self.launched[name], self.up[name], ready)
            for name, ready in self.ready.items()
        }


def exit_text(code: int) -> str:
    """Word an exit code; a negative one is a signal."""
    return f"killed by signal {-code}" if code < 0 else f"with exit code {code}"


def last_lines(lines: Iterable[str], count: int = 15) -> tuple[str, ...]:
    """Give the last lines of a log."""
    return tuple(line.rstrip("\n") for line in lines)[-count:]
