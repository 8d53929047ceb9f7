"""A thousand clients on one agent: at four fifths of what it can do, and far beyond.

The top rate is what a thousand clients get that ask again soon after they have their reply. Then
requests come at random moments, at a rate that nobody's waiting lowers. Two kinds of work are
measured: one that uses the processor, and one that mostly waits.

Before, each connection carries some hundred messages: until its queues have been filled once
round, every message touches new memory of ZeroMQ's, 64 bytes of it, overload or not.

    ./pants run benchmarks/overload.py [-- [--quick] [--json]]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import load_client
from checkout import BenchmarkError, table
from child import Child
from live_agents import SECURITIES, Place, live_agents
from resources import resources

from common.settings import CURVE

CLIENTS = 1000
SHARES = {"80 %": 0.8, "150 %": 1.5, "300 %": 3.0, "300 % again": 3.0, "80 % afterwards": 0.8}
KINDS = {
    "300 us of processor": {"microseconds": 300, "milliseconds": 0},
    "300 us of processor, 5 ms of waiting": {"microseconds": 300, "milliseconds": 5},
}
NO_WORK = {"microseconds": 0, "milliseconds": 0}
# ZeroMQ's queues grow by 256 messages and keep one such piece to spare.
MESSAGES_BEFORE = 2 * 256
HEAD = (
    "",
    "",
    "asked/s",
    "answered/s",
    "p50 ms",
    "p99 ms",
    "refused/s",
    "p99 ms",
    "longest ms",
    "failed",
    "memory MiB",
    "late ms",
)
SUCCESS, OVERLOADED = "success", "overloaded"
REFUSED_WITHIN = 0.05
GROWTH = 1.05


@dataclass(frozen=True)
class Spread:
    """How many, and the seconds that half, 99 of 100 and all of them took at most."""

    count: int
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Phase:
    """What became of the requests at one rate."""

    kind: str
    name: str
    offered: float
    late: float
    lasted: float
    answered: Spread
    refused: Spread
    failed: dict[str, int]
    mebibytes: float


def spread(taken: list[float]) -> Spread:
    """Sum up how long things took."""
    if not taken:
        return Spread(0, 0.0, 0.0, 0.0)
    taken = sorted(taken)
    last = len(taken) - 1
    return Spread(len(taken), taken[last // 2], taken[round(last * 0.99)], taken[last])


class Crowd:
    """The clients, in a few processes."""

    def __init__(self, place: Place, processes: int, stack: ExitStack) -> None:
        self._place = place
        self._share = CLIENTS // processes
        told = {"place": asdict(place), "clients": self._share}
        self._children = [Child(load_client, told) for _ in range(processes)]
        for child in self._children:
            stack.callback(child.close)
            child.wait()

    def warm_up(self, messages: int) -> None:
        """Let each connection carry so many messages at least."""
        carried = 0
        while carried < CLIENTS * messages:
            found = self._ask(NO_WORK, 0, 1.0)
            carried += sum(len(taken) for of_one in found for taken in of_one["seconds"].values())

    def load(self, kind: str, name: str, rate: float, seconds: float) -> Phase:
        """Let them ask, all together at a rate or, if that is 0, as fast as they are answered."""
        found = self._ask(KINDS[kind], rate, seconds)
        taken: dict[str, list[float]] = {}
        for of_one in found:
            for became, these in of_one["seconds"].items():
                taken.setdefault(became, []).extend(these)
        others = {became: len(of) for became, of in taken.items()}
        return Phase(
            kind,
            name,
            offered=sum(others.values()) / seconds,
            late=max(of_one["late"] for of_one in found),
            lasted=max(of_one["lasted"] for of_one in found),
            answered=spread(taken.get(SUCCESS, [])),
            refused=spread(taken.get(OVERLOADED, [])),
            failed={name: n for name, n in others.items() if name not in (SUCCESS, OVERLOADED)},
            mebibytes=resources(self._place.agent_pid).mebibytes,
        )

    def _ask(self, work: dict[str, int], rate: float, seconds: float) -> list[dict[str, Any]]:
        rate /= len(self._children)
        for child in self._children:
            child.tell({"work": work, "rate": rate, "seconds": seconds})
        return [child.wait() for child in self._children]


def measure(security: str, processes: int, seconds: float, messages: int) -> list[Phase]:
    """Load the agent with each kind of work."""
    phases = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overload-")))
        place = stack.enter_context(live_agents(security, folder))
        crowd = Crowd(place, processes, stack)
        crowd.warm_up(messages)
        for kind in KINDS:
            crowd.load(kind, "warming up", 0, 1.0)
            phases.append(crowd.load(kind, "top rate", 0, seconds))
            top = phases[-1].answered.count / phases[-1].lasted
            for name, share in SHARES.items():
                phases.append(crowd.load(kind, name, share * top, seconds))
    return phases


def report(phases: list[Phase]) -> str:
    """Lay out what became of the requests."""
    rows: list[tuple[str, ...]] = [HEAD]
    for phase in phases:
        refused = phase.refused
        rows.append(
            (
                phase.kind,
                phase.name,
                f"{phase.offered:.0f}",
                f"{phase.answered.count / phase.lasted:.0f}",
                f"{phase.answered.p50 * 1000:.1f}",
                f"{phase.answered.p99 * 1000:.1f}",
                f"{refused.count / phase.lasted:.0f}",
                f"{refused.p99 * 1000:.1f}",
                f"{refused.longest * 1000:.1f}",
                " ".join(f"{name} {count}" for name, count in phase.failed.items()) or "0",
                f"{phase.mebibytes:.1f}",
                f"{phase.late * 1000:.0f}",
            )
        )
    return table(rows)


def complaints(phases: list[Phase], growth: float) -> list[str]:
    """Say what an agent did that it must not do."""
    told = []
    for phase in phases:
        where = f"{phase.kind}, {phase.name}"
        if phase.failed:
            told.append(f"{where}: expected replies and refusals, found {phase.failed}")
        if phase.name.startswith("80 %") and phase.refused.count:
            told.append(f"{where}: expected no refusal, found {phase.refused.count}")
        if phase.refused.p99 > REFUSED_WITHIN:
            found = f"found {phase.refused.p99 * 1000:.0f}"
            told.append(f"{where}: expected refusals within 50 ms, {found} (99 of 100)")
    before, after = phases[0].mebibytes, phases[-1].mebibytes
    if after > before * growth:
        told.append(f"expected memory within {growth}, found {after / before:.2f}")
    return told


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--security", choices=SECURITIES, default=CURVE)
    parser.add_argument("--processes", type=int, default=1, help="that the clients live in")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each rate")
    parser.add_argument("--quick", action="store_true", help="half a minute; memory still grows")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    seconds, messages = (1.5, 0) if arguments.quick else (arguments.seconds, MESSAGES_BEFORE)
    try:
        phases = measure(arguments.security, arguments.processes, seconds, messages)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    told = complaints(phases, GROWTH if messages else math.inf)
    if arguments.json:
        shown = [asdict(phase) for phase in phases]
        print(json.dumps({"phases": shown, "missed": told}, indent=1))
    else:
        print("\n\n".join((report(phases), *told)))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
