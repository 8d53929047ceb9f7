"""`up`: start the fleet."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass

from fleet.cli.context import Context
from fleet.cli.narration import Lines
from fleet.cli.status import table
from fleet.clusters.cluster import AlreadyRunning, StartReport


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--detach", action="store_true", help="return when all are ready; `down` stops them"
    )
    parser.add_argument("--json", action="store_true", help="report of the start on stdout")


def run(context: Context) -> int:
    """Start the fleet; exit 0 when it is ready, or was."""
    narrator = Reporting(context) if context.options.json else context.narrator
    try:
        context.cluster.up(narrator, detach=context.options.detach)
    except AlreadyRunning:
        narrator.say(f"{context.model.environment.name} already runs")
        for line in table(context.cluster.status()):
            narrator.say(line)
    return 0


@dataclass(frozen=True)
class Reporting:
    """Tell people what goes on, and programs how the start went."""

    context: Context

    def say(self, line: str) -> None:
        """Tell one thing."""
        self._lines.say(line)

    def begin(self, agents: tuple[str, ...]) -> None:
        """Tell which agents will be heard of."""
        self._lines.begin(agents)

    def phase(self, agent: str, phase: str, seconds: float) -> None:
        """Tell that an agent came into a phase."""
        self._lines.phase(agent, phase, seconds)

    def end(self, report: StartReport | None) -> None:
        """Tell how it went, on both streams."""
        self._lines.end(report)
        if report:
            self.context.write_json(asdict(report))

    @property
    def _lines(self) -> Lines:
        return self.context.narrator
