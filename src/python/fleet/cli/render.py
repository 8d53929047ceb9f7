"""`render`: write the files of the environment's orchestrator."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from fleet.cli.context import Context
from fleet.errors import ConfigError, FleetError
from fleet.render import ORCHESTRATORS


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--output", type=Path, required=True, help="folder to write into")
    parser.add_argument("--strict", action="store_true", help="fail when a field was dropped")
    parser.add_argument("--json", action="store_true", help="the losses on stdout")


def run(context: Context) -> int:
    """Write the files; exit 2 when the model cannot be rendered."""
    model, output = context.model, context.options.output
    render = ORCHESTRATORS.get(model.environment.orchestrator)
    if render is None:
        known, was = ", ".join(sorted(ORCHESTRATORS)), model.environment.orchestrator
        raise ConfigError(
            f"environment/orchestrator: must be one of {known} to be rendered, was {was}",
            "Choose an environment with one of them",
        )
    if model.images is None:
        hint = f"./pants package deploy:{model.environment.name}"
        raise ConfigError("images: are required to render, were null", hint)
    files, losses = render(model)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")
    grades = Counter(loss.grade for loss in losses)
    told = ", ".join(f"{count} {grade}" for grade, count in sorted(grades.items())) or "no losses"
    context.narrator.say(f"wrote {len(files)} files to {output} ({told})")
    if context.options.json:
        context.write_json([loss.document() for loss in losses])
    if context.options.strict and grades["dropped"]:
        raise FleetError(f"{grades['dropped']} fields were dropped", f"cat {output}/losses.json")
    return 0
