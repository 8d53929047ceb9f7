"""`status`: every replica as it is now."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from fleet.cli.context import Context
from fleet.clusters.cluster import Observation

HEADINGS = ("AGENT", "PHASE", "PID", "UPTIME", "MEMORY", "RESTARTS", "ENDPOINT")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="data on stdout")


def run(context: Context) -> int:
    """Show the fleet; exit 0 when all serve, 1 when one does not, 3 when nothing runs."""
    seen = context.cluster.status()
    if context.options.json:
        context.write_json([asdict(observation) for observation in seen])
    else:
        for line in table(seen):
            print(line, file=context.stdout)
    return 0 if all(observation.is_serving for observation in seen) else 1


def table(seen: tuple[Observation, ...]) -> tuple[str, ...]:
    """Lay the observations out in columns."""
    rows = [HEADINGS, *map(_row, seen)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(seen: Observation) -> tuple[str, ...]:
    return (
        seen.agent,
        seen.phase,
        "-" if seen.pid is None else str(seen.pid),
        "-" if seen.uptime is None else duration(seen.uptime),
        "-" if seen.memory is None else f"{seen.memory / (1 << 20):.1f} MiB",
        str(seen.restarts),
        seen.endpoint,
    )


def duration(seconds: float) -> str:
    """Write an uptime in its two largest units."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"
