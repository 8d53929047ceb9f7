"""`logs`: what an agent wrote."""

from __future__ import annotations

import argparse
from contextlib import suppress

from fleet.cli.context import Context


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("agent", help="a slug, or `<slug>-2` for a second replica")
    parser.add_argument("--follow", action="store_true", help="stay and show what is added")


def run(context: Context) -> int:
    """Copy the log to stdout; Ctrl-C ends `--follow`."""
    name: str = context.options.agent
    instances = {instance for agent in context.model.agents for instance in agent.instances}
    instance = name if name in instances else context.agent(name).slug
    with suppress(KeyboardInterrupt):
        for piece in context.cluster.logs(instance, follow=context.options.follow):
            context.stdout.write(piece)
            context.stdout.flush()
    return 0
