"""`ask`: put a question to the fleet's front door and print the answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from common.contracts.coordination import RequestResult, SubmitRequest
from fleet import client, traces
from fleet.cli.context import Context
from fleet.cli.narration import elapsed
from fleet.cli.question import question
from fleet.errors import FleetError
from fleet.keys import keys_directory
from fleet.model import FRONT_DOOR
from fleet.trace_tree import render


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("text", nargs="?", default="", help="what to ask or to tell")
    files = parser.add_mutually_exclusive_group()
    files.add_argument("--audio", type=Path, metavar="IN.wav", help="say this instead of a text")
    files.add_argument(
        "--image", type=Path, metavar="IN.png", help="show this picture; TEXT may ask about it"
    )
    parser.add_argument("--speak", type=Path, metavar="OUT.wav", help="write the answer as sound")
    parser.add_argument("--user", default="anonymous", metavar="NAME", help="who asks")
    parser.add_argument(
        "--confirm", action="store_true", help="carry out what has to be confirmed first"
    )
    parser.add_argument("--session", default="default", help="conversation that it belongs to")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--trace", action="store_true", help="show who did what for it, and when")
    parser.add_argument("--json", action="store_true", help="the whole result on stdout")


def run(context: Context) -> int:
    """Print the answer; exit 1 when the request failed, 3 when nobody is there."""
    asked = question(context.options)
    result = _trace(context, asked) if context.options.trace else _ask(context, asked)
    if not context.options.trace:
        _tell(context, result, None)
    if context.options.speak:
        _write_sound(context, result)
    return 0


def _ask(context: Context, asked: SubmitRequest) -> RequestResult:
    options = context.options
    port = context.agent(FRONT_DOOR).port
    endpoint = f"tcp://{context.model.environment.publish_address}:{port}"
    keys = keys_directory(context.state)
    return client.ask(endpoint, asked, options.timeout, keys)


def _write_sound(context: Context, result: RequestResult) -> None:
    path: Path = context.options.speak
    if result.audio is None:
        message = f"{path}: not written, as the answer was not spoken"
        raise FleetError(message, "Look at `status`, and at `logs tts_service`")
    path.write_bytes(result.audio)
    context.narrator.say(f"wrote {path}")


def _trace(context: Context, asked: SubmitRequest) -> RequestResult:
    asking = traces.Asking()
    try:
        with asking.running():
            result = _ask(context, asked)
    except FleetError:  # now more than ever: who was asked, and how far did it come
        _tell(context, None, _gather(context, asking))
        raise
    _tell(context, result, _gather(context, asking))
    return result


def _gather(context: Context, asking: traces.Asking) -> traces.Trace:
    keys = keys_directory(context.state)
    return traces.gather(asking, traces.addresses(context.model, keys), keys)


def _tell(context: Context, result: RequestResult | None, trace: traces.Trace | None) -> None:
    if context.options.json:
        document = result.model_dump(mode="json", exclude={"audio"}) if result else {}
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
