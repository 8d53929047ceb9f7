"""Build times beside vanilla `pex_binary` targets for the same agents, in one run.

Both sides start from empty Pants caches of their own and take turns. Ours also builds the images.

    python3.11 benchmarks/build.py [--json]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from checkout import BenchmarkError, Checkout, table

AGENT = "src/python/agents/language_processing/nlu_agent.py"
COMMON = "src/python/common/clock.py"
LINE = "# One more line."


def make_vanilla(checkout: Checkout) -> None:
    """Turn every agent() into the pex_binary() that Pants has for it, and drop our plugin."""
    for build in sorted(checkout.path.glob("src/python/agents/*/BUILD")):
        slugs = re.findall(r"^agent\(\n    name=\"(\w+)\",$", build.read_text(), re.MULTILINE)
        folder = build.parent.relative_to(checkout.path)
        binaries = "".join(_binary(f"//{folder}/{slug}.py:modules", slug) for slug in slugs)
        build.write_text("python_sources(name='modules')\n" + binaries)
    for other in ("src/docker", "deploy", "docs", "tests", "benchmarks", "pants-plugins"):
        for build in checkout.path.glob(f"{other}/**/BUILD"):
            build.unlink()
    (checkout.path / "src/python/agents/BUILD").unlink()
    settings = checkout.path / "pants.toml"
    sections = re.split(r"^(?=\[[a-z-]+\]$)", settings.read_text(), flags=re.MULTILINE)
    kept = "".join(each for each in sections if not each.startswith("[agent-build]"))
    settings.write_text(kept.replace('  "fleet_build",\n', ""))


def _binary(module: str, slug: str) -> str:
    return (
        f'pex_binary(name="{slug}", entry_point="common.runtime", '
        f'dependencies=["{module}", "//src/python/common/runtime.py"])\n'
    )


START = "start of Pants"


def changes() -> dict[str, Callable[[Checkout], None]]:
    """Give what happens before each measured run, in order.

    Pants starts by itself first, because that costs the same on both sides and hides the rest.
    """
    return {
        START: lambda checkout: None,
        "cold": lambda checkout: None,
        "nothing changed": lambda checkout: None,
        "one line in an agent": lambda checkout: checkout.append(AGENT, LINE),
        "one line in common": lambda checkout: checkout.append(COMMON, LINE),
    }


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Run every case on both sides; seconds by case and side."""
    ours = Checkout.create(folder / "ours", folder / "ours-caches")
    vanilla = Checkout.create(folder / "vanilla", folder / "vanilla-caches")
    make_vanilla(vanilla)
    times: dict[str, dict[str, float]] = {}
    try:
        for case, change in changes().items():
            times[case] = {}
            for side, checkout in (("vanilla", vanilla), ("ours", ours)):
                change(checkout)
                goal = ("roots",) if case == START else ("package", "::")
                times[case][side] = checkout.pants(*goal)
                print(f"{case}: {side} {times[case][side]:.1f} s", file=sys.stderr)
    finally:
        for checkout in (ours, vanilla):
            checkout.remove()
    return times


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            times = measure(Path(folder))
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(times, indent=1))
        return 0
    rows = [("pants package ::", "vanilla s", "ours s", "ratio")]
    for case, sides in times.items():
        ratio = sides["vanilla"] / sides["ours"]
        rows.append((case, f"{sides['vanilla']:.1f}", f"{sides['ours']:.1f}", f"{ratio:.1f}x"))
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
