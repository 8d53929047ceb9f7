"""`ask`: put a question to the fleet's front door and print the answer."""

from __future__ import annotations

import argparse

from fleet import client
from fleet.cli.context import Context
from fleet.cli.narration import elapsed
from fleet.model import FRONT_DOOR


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("text", help="what to ask or to tell")
    parser.add_argument("--session", default="default", help="conversation that it belongs to")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="the whole result on stdout")


def run(context: Context) -> int:
    """Print the answer; exit 1 when the request failed, 3 when nobody is there."""
    options = context.options
    port = context.agent(FRONT_DOOR).port
    endpoint = f"tcp://{context.model.environment.publish_address}:{port}"
    result = client.ask(endpoint, options.text, options.session, options.timeout)
    if options.json:
        context.write_json(result.model_dump(mode="json"))
    else:
        print(result.answer, file=context.stdout)
    if result.finished_at:
        context.narrator.say(f"answered  {elapsed(result.finished_at - result.submitted_at)}")
    return 0
