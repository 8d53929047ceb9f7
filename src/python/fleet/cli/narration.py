"""What people read on stderr while something goes on. Never data, never meaning in colour alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from fleet.chain import describe
from fleet.clusters.cluster import StartReport

MARKS = {"ready": ("+", 32), "degraded": ("!", 33), "stopped": ("-", 2), "ended": ("x", 31)}
PLAIN = ("·", 0)


def make_narrator(stream: TextIO, environ: Mapping[str, str]) -> Lines | Table:
    """Draw a live table on a terminal that can show one; else write a line for each change."""
    colour = stream.isatty() and not environ.get("NO_COLOR")
    if stream.isatty() and environ.get("TERM", "dumb") != "dumb":
        return Table(stream, colour)
    return Lines(stream, colour)


def elapsed(seconds: float) -> str:
    """Write a duration as it stands at the end of a line."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


class Lines:
    """One line for each thing that is told."""

    def __init__(self, stream: TextIO, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._agents: tuple[str, ...] = ()

    def say(self, line: str) -> None:
        """Tell one thing."""
        print(line, file=self._stream, flush=True)

    def begin(self, agents: tuple[str, ...]) -> None:
        """Tell which agents will be heard of."""
        self._agents = agents

    def phase(self, agent: str, phase: str, seconds: float) -> None:
        """Tell that an agent came into a phase."""
        width = max((len(name) for name in self._agents), default=0)
        self.say(f"{self._mark(phase)} {agent:<{width}}  {phase}  {elapsed(seconds)}")

    def end(self, report: StartReport | None) -> None:
        """Tell how the start went."""
        if report is None:
            return
        self.say(f"{report.agents} agents are ready  {elapsed(report.seconds)}")
        if report.chain:
            self.say("critical chain:")
        for line in describe(report.chain):
            self.say(line)

    def _mark(self, phase: str) -> str:
        mark, colour = MARKS.get(phase.split()[0], PLAIN)
        return f"\x1b[{colour}m{mark}\x1b[0m" if self._colour and colour else mark


class Table(Lines):
    """A few lines at the end of the terminal that are drawn anew at each change."""

    COLUMN = 30
    PAUSE = 0.05

    def __init__(self, stream: TextIO, colour: bool) -> None:
        super().__init__(stream, colour)
        self._phases: dict[str, str] = {}
        self._height = 0
        self._drawn = 0.0

    def say(self, line: str) -> None:
        """Tell one thing above the table."""
        self._erase()
        super().say(line)
        self._draw()

    def begin(self, agents: tuple[str, ...]) -> None:
        """Begin a table of these agents."""
        super().begin(agents)
        self._phases = dict.fromkeys(agents, "launched")
        self._redraw(0.0, force=True)

    def phase(self, agent: str, phase: str, seconds: float) -> None:
        """Change one cell; without a table, write a line."""
        if not self._phases:
            super().phase(agent, phase, seconds)
            return
        self._phases[agent] = phase
        settled = len(set(self._phases.values())) == 1
        self._redraw(seconds, force=settled)

    def end(self, report: StartReport | None) -> None:
        """Leave the table as it is and tell how the start went."""
        self._erase()
        self._draw()
        self._phases, self._height = {}, 0
        super().end(report)

    def _redraw(self, seconds: float, force: bool) -> None:
        now = time.monotonic()
        if force or now - self._drawn >= self.PAUSE:
            self._drawn = now
            self._erase()
            self._draw()

    def _erase(self) -> None:
        if self._height:
            self._stream.write(f"\x1b[{self._height}F\x1b[J")
        self._height = 0

    def _draw(self) -> None:
        width, height = terminal_size()
        columns = max(1, width // self.COLUMN)
        shown = self._shown(columns * max(1, height - 4))
        for start in range(0, len(shown), columns):
            row = "".join(self._cell(name) for name in shown[start : start + columns])
            self._stream.write(row.rstrip() + "\n")
            self._height += 1
        if len(shown) < len(self._phases):
            self._stream.write(f"and {len(self._phases) - len(shown)} more\n")
            self._height += 1
        self._stream.flush()

    def _shown(self, room: int) -> tuple[str, ...]:
        """Prefer those that are not ready yet when there is no room for all."""
        order = sorted(self._phases, key=lambda name: self._phases[name] == "ready")
        chosen = set(order[:room])
        return tuple(name for name in self._phases if name in chosen)

    def _cell(self, name: str) -> str:
        text = name[: self.COLUMN - 3]
        return f"{self._mark(self._phases[name])} {text:<{self.COLUMN - 3}} "


def terminal_size() -> tuple[int, int]:
    """Give columns and lines of the terminal on stderr."""
    try:
        size = os.get_terminal_size(sys.stderr.fileno())
    except OSError:
        return 80, 24
    return size.columns or 80, size.lines or 24
