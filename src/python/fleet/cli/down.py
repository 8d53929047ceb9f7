"""`down`: stop the fleet, dependents first."""

from __future__ import annotations

import argparse

from fleet.cli.context import Context


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(context: Context) -> int:
    """Stop the fleet; exit 3 when there is none."""
    context.cluster.down(context.narrator)
    return 0
