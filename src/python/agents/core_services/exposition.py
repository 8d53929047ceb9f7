"""
Prometheus text: reading what an agent exposes and joining many into one federation.

Format: "Exposition formats", version 0.0.4, of the Prometheus documentation. No IO may enter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_SAMPLE: Final = re.compile(
    r"^(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)"
    r"(?:\{(?P<labels>(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})?\s+(?P<value>\S+)(?P<rest>.*)$"
)
_LABEL: Final = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"')
_SUFFIXES: Final = ("_bucket", "_sum", "_count", "_created")
_ESCAPES: Final = {"\\": "\\", "n": "\n", '"': '"'}


@dataclass(frozen=True)
class Sample:
    """Hold one measured number."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass
class Family:
    """Collect the lines of one metric from many agents."""

    header: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def samples(text: str) -> Iterator[Sample]:
    """Yield the samples of an exposition; lines that are none are passed over."""
    for line in text.splitlines():
        found = None if line.startswith("#") else _SAMPLE.match(line)
        if found is None:
            continue
        try:
            value = float(found["value"])
        except ValueError:
            continue
        labels = {name: _unescaped(text) for name, text in _LABEL.findall(found["labels"] or "")}
        yield Sample(found["name"], labels, value)


def federated(expositions: Mapping[str, str]) -> str:
    """Join expositions by instance: each family has one header, each sample its instance."""
    families: dict[str, Family] = {}
    for instance in sorted(expositions):
        declared = ""
        headed: set[str] = {name for name, family in families.items() if family.header}
        for line in expositions[instance].splitlines():
            if line.startswith(("# HELP ", "# TYPE ")):
                declared = line.split(" ", 3)[2]
                if declared not in headed:
                    families.setdefault(declared, Family()).header.append(line)
            elif (found := _SAMPLE.match(line)) is not None:
                family = families.setdefault(_family_of(found["name"], declared), Family())
                family.lines.append(_with_instance(found, instance))
    lines = [
        line
        for name in sorted(families)
        for line in (*families[name].header, *families[name].lines)
    ]
    return "\n".join(lines) + "\n" if lines else ""


def _family_of(sample: str, declared: str) -> str:
    if sample == declared or any(sample == declared + suffix for suffix in _SUFFIXES):
        return declared
    return sample


def _with_instance(found: re.Match[str], instance: str) -> str:
    escaped = instance.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    labels = (found["labels"] or "").rstrip(", ")
    joined = f'{labels},instance="{escaped}"' if labels else f'instance="{escaped}"'
    return f"{found['name']}{{{joined}}} {found['value']}{found['rest']}"


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text)
