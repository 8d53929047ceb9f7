"""`ask`: put a question to the fleet's front door and print the answer."""

from __future__ import annotations

import argparse

from common.contracts.coordination import RequestResult
from fleet import client, traces
from fleet.cli.context import Context
from fleet.cli.narration import elapsed
from fleet.errors import FleetError
from fleet.keys import keys_directory
from fleet.model import FRONT_DOOR
from fleet.trace_tree import render


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("text", help="what to ask or to tell")
    parser.add_argument("--session", default="default", help="conversation that it belongs to")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--trace", action="store_true", help="show who did what for it, and when")
    parser.add_argument("--json", action="store_true", help="the whole result on stdout")


def run(context: Context) -> int:
    """Print the answer; exit 1 when the request failed, 3 when nobody is there."""
    if context.options.trace:
        _trace(context)
    else:
        _tell(context, _ask(context), None)
    return 0


def _ask(context: Context) -> RequestResult:
    options = context.options
    port = context.agent(FRONT_DOOR).port
    endpoint = f"tcp://{context.model.environment.publish_address}:{port}"
    keys = keys_directory(context.state)
    return client.ask(endpoint, options.text, options.session, options.timeout, keys)


def _trace(context: Context) -> None:
    asking = traces.Asking()
    try:
        with asking.running():
            result = _ask(context)
    except FleetError:  # now more than ever: who was asked, and how far did it come
        _tell(context, None, _gather(context, asking))
        raise
    _tell(context, result, _gather(context, asking))


def _gather(context: Context, asking: traces.Asking) -> traces.Trace:
    keys = keys_directory(context.state)
    return traces.gather(asking, traces.addresses(context.model, keys), keys)


def _tell(context: Context, result: RequestResult | None, trace: traces.Trace | None) -> None:
    if context.options.json:
        document = result.model_dump(mode="json") if result else {}
        context.write_json(document | ({"trace": trace.document()} if trace else {}))
    else:
        lines = [result.answer or ""] if result else []
        lines += ["", *render(trace.spans)] if trace else []
        print(*lines, sep="\n", file=context.stdout)
    if trace:
        context.narrator.say(f"trace  {trace.correlation_id}")
    if trace and trace.missing:
        context.narrator.say(f"no spans from {', '.join(trace.missing)}")
    if result and result.finished_at:
        context.narrator.say(f"answered  {elapsed(result.finished_at - result.submitted_at)}")
