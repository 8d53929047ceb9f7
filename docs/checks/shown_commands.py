"""Whether a command that a page shows can be typed. Nothing is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path, PurePosixPath

from docs.checks import markdown
from docs.checks.build_files import Stated, parse, read_build_files
from docs.checks.generate import TARGET_TYPES
from docs.checks.target_types import read_target_types

from fleet.cli.main import make_parser

TREES = ("3rdparty", "benchmarks", "deploy", "pants-plugins", "src", "tests")
GOALS = ("check", "fmt", "help", "lint", "list", "package", "peek", "run", "test")


@dataclass(frozen=True)
class Known:
    """What commands may name: targets, files, target types and make's goals."""

    targets: tuple[Stated, ...]
    files: frozenset[str]
    target_types: frozenset[str]
    make_goals: frozenset[str]

    @classmethod
    def of_tree(cls, more: Mapping[str, str]) -> Known:
        """Read the tree, and files that a page tells the reader to add to it."""
        targets = read_build_files(path for tree in TREES for path in Path(tree).rglob("BUILD"))
        for path, text in more.items():
            if PurePosixPath(path).name == "BUILD":
                targets += tuple(parse(text, str(PurePosixPath(path).parent)))
        goals = re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE)
        types = (target.alias for target in read_target_types(TARGET_TYPES))
        return cls(targets, frozenset(more), frozenset(types), frozenset(goals))

    def mistakes(self, text: str) -> Iterator[str]:
        """Give a line for everything in a page's commands that does not exist."""
        for command in markdown.commands(text, "make"):
            words = [word for word in shlex.split(command)[1:] if "=" not in word]
            yield from (f"{command}: no goal {w}" for w in words if w not in self.make_goals)
        for command in markdown.commands(text, "./pants"):
            yield from (f"{command}: {mistake}" for mistake in self._pants(shlex.split(command)))

    def _pants(self, words: list[str]) -> Iterator[str]:
        own, passed = _split(words[1:])
        given = [word for word in own if not word.startswith("-")]
        goals = [word for word in given if word in GOALS]
        if "help" in goals:
            yield from (f"no help on {w}" for w in given[1:] if w not in self.target_types)
            return
        if given and not goals:
            yield f"none of the goals {', '.join(GOALS)}"
        specs = [word for word in given if word not in GOALS and "<" not in word]
        yield from (f"no target {spec}" for spec in specs if not self._has(spec))
        environments = {t.name for t in self.targets if t.kind == "environment"}
        if passed and {spec.removeprefix("deploy:") for spec in specs} & environments:
            yield from _program(passed)

    def _has(self, spec: str) -> bool:
        directory, colon, name = spec.partition(":")
        if name == ":":
            inside = (t.directory for t in self.targets)
            return not directory or any(f"{d}/".startswith(f"{directory}/") for d in inside)
        if not colon:
            return Path(spec).is_file() or spec in self.files
        return any((t.directory, t.name) == (directory, name) for t in self.targets)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _program(arguments: list[str]) -> Iterator[str]:
    """Let the deploy program's own parser judge what comes after `--`."""
    said = StringIO()
    try:
        with redirect_stderr(said):
            make_parser().parse_args(["--model", "model.json", *arguments])
    except SystemExit:
        yield said.getvalue().strip().rpartition("\n")[2]
