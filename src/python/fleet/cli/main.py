"""The program: one parser, one dispatch, one place that turns errors into exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from fleet.cli import ask, down, keys, logs, render, status, up
from fleet.cli.context import Context
from fleet.errors import FleetError

COMMANDS: dict[str, ModuleType] = {
    "up": up,
    "down": down,
    "status": status,
    "logs": logs,
    "ask": ask,
    "render": render,
    "keys": keys,
}
EXIT_CODES = """\
exit codes:
  0  done
  1  failed, or an agent does not serve
  2  wrong usage or wrong model
  3  no fleet runs here
  4  a port is taken by somebody else
  5  a program that is needed is not installed
130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    options = make_parser().parse_args(arguments)
    context = Context(options)
    try:
        return int(COMMANDS[options.command].run(context))
    except FleetError as error:
        print(error, file=context.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of stdout has left, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"error: {error.filename}: {str(error.strerror).lower()}", file=context.stderr)
        return 1


def make_parser() -> argparse.ArgumentParser:
    """Declare the commands."""
    parser = argparse.ArgumentParser(
        prog="fleet",
        description="Start, see and stop a fleet of agents.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--model", type=Path, required=True, help="model.json of the environment")
    parser.add_argument("--state", type=Path, help="folder of the running fleet")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").partition(": ")[2].rstrip(".")
        module.add(commands.add_parser(name, help=about, description=about, allow_abbrev=False))
    return parser
