"""`keys`: make the fleet's keys, or rotate them while it runs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fleet.cli.context import Context
from fleet.keys import KeysReport, Step, keys_directory, make_keys, rotate

SETTLE_SECONDS = {Step.TRUST: 2.0, Step.SWITCH: 4.0}
"""Agents look for new keys once a second; to use one, they answer what was asked of them first."""
TOLD = {
    Step.TRUST: "made new keys, trusted beside the old",
    Step.SWITCH: "use the new keys",
    Step.DROP: "dropped the old keys",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of keys; STATE/keys")
    parser.add_argument(
        "--rotate", nargs="*", metavar="SLUG", help="give these new keys, or all when none is named"
    )
    parser.add_argument(
        "--step", choices=[*map(str, Step)], help="only this step of a rotation, without waiting"
    )
    parser.add_argument(
        "--settle",
        type=float,
        metavar="SECONDS",
        help="how long agents may take after each step of a rotation; 2, then 4",
    )
    parser.add_argument("--json", action="store_true", help="public keys on stdout")


def run(context: Context) -> int:
    """Make what is missing, rotate what was asked for, and tell; no secret is ever told."""
    options = context.options
    folder = (options.output or keys_directory(context.state)).absolute()
    slugs = options.rotate
    if slugs is None and options.step:
        slugs = []
    if slugs is not None:
        _rotate(context, folder, [slug.replace("-", "_") for slug in slugs])
    report = make_keys(context.model, folder)
    _tell(context, report)
    if options.json:
        context.write_json(
            {
                "folder": str(report.folder),
                "public_keys": {slug: list(keys) for slug, keys in report.public_keys.items()},
                "made": list(report.made),
                "rotating": list(report.rotating),
                "strangers": list(report.strangers),
            }
        )
    return 0


def _rotate(context: Context, folder: Path, slugs: list[str]) -> None:
    only = context.options.step
    steps = (Step(only),) if only else tuple(Step)

    def after(step: Step) -> None:
        context.narrator.say(f"{step}: {TOLD[step]}")
        if step is not steps[-1]:
            settle = context.options.settle
            time.sleep(SETTLE_SECONDS[step] if settle is None else settle)

    rotate(context.model, folder, slugs, after, steps)


def _tell(context: Context, report: KeysReport) -> None:
    narrator = context.narrator
    made, kept = len(report.made), len(report.public_keys) - len(report.made)
    narrator.say(f"made {made} keys, kept {kept} in {report.folder}")
    for slug in report.rotating:
        narrator.say(f"{slug}: its rotation has not ended; go on with keys --rotate {slug}")
    for name in report.strangers:
        narrator.say(f"{name}: no agent of this model; rm -r {report.folder / name}")
