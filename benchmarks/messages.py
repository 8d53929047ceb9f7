"""Requests and events of a live agent, beside pyzmq's own asyncio sockets doing the same.

Each side is a server process and a client process; they take turns, a short while each, so that
whatever else the machine does slows both. Ours is all of it: the agent as a fleet starts it,
asked through its peers by name, typed, traced and counted. Raw is in benchmarks/raw_peer.py.

    ./pants run benchmarks/messages.py [-- [--quick] [--json]]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import message_client
import raw_peer
from checkout import BenchmarkError, table
from child import Child
from live_agents import MEASURED, OUTSIDE, SECURITIES, child_environ, live_agents
from payloads import SIZES

from common.security.credentials import read_credentials
from common.settings import CURVE, PLAIN
from common.testing.ports import free_port

AT_ONCE = 64
SIDES = ("ours", "raw")
ASKED: dict[str, dict[str, Any]] = {
    "requests, one by one": {"what": "calls", "concurrent": 1},
    f"requests, {AT_ONCE} at once": {"what": "calls", "concurrent": AT_ONCE},
    "events, in bursts": {"what": "events"},
    "events, one by one": {"what": "paced_events"},
}
# An event each two milliseconds says nothing of how many there can be.
NO_RATE = ("events, one by one",)
TARGETS = {(PLAIN, "100 B"): 0.5, (CURVE, "100 B"): 0.4, (PLAIN, "1 MB"): 0.8, (CURVE, "1 MB"): 0.8}

Reading = dict[str, float]


@dataclass(frozen=True)
class Case:
    """What is measured on both sides."""

    security: str
    size: str
    what: str


@dataclass(frozen=True)
class Result:
    """The medians of both sides, and how many times as many ours did in each round."""

    ours: Reading
    raw: Reading
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median."""
        return statistics.median(self.ratios)


@contextmanager
def raw_server(security: str, keys: Path) -> Iterator[dict[str, Any]]:
    """Start the raw server and give what its client has to be told."""
    ports = [free_port() for _ in range(3)]
    own, told = {"keys": "", "client_key": ""}, {"keys": "", "server_key": ""}
    if security == CURVE:
        server, client = keys / MEASURED, keys / OUTSIDE
        own = {"keys": str(server), "client_key": read_credentials(client).own.public}
        told = {"keys": str(client), "server_key": read_credentials(server).own.public}
    arguments = json.dumps({"ports": ports, **own})
    process = subprocess.Popen((sys.executable, raw_peer.__file__, arguments), env=child_environ())
    try:
        yield {"side": "raw", "ports": ports, **told}
    finally:
        process.terminate()
        process.wait()


def measure(security: str, rounds: int, seconds: float) -> dict[Case, Result]:
    """Measure all cases of plain or of secured connections, the sides in turns."""
    readings: dict[Case, dict[str, list[Reading]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="messages-")))
        place = stack.enter_context(live_agents(security, folder))
        raw = stack.enter_context(raw_server(security, folder))
        told = {"ours": {"side": "ours", "place": asdict(place)}, "raw": raw}
        clients = {side: Child(message_client, told[side]) for side in SIDES}
        for client in clients.values():
            stack.callback(client.close)
            client.wait()
        cases = [Case(security, size, what) for size in SIZES for what in ASKED]
        for number in range(rounds + 1):
            for case in cases:
                for side, client in clients.items():
                    asked = ASKED[case.what] | {"size": SIZES[case.size]}
                    client.tell({**asked, "seconds": seconds if number else seconds / 4})
                    found = client.wait()
                    if number:  # the first round is to warm up
                        readings.setdefault(case, {}).setdefault(side, []).append(found)
    return {case: result(of["ours"], of["raw"]) for case, of in readings.items()}


def result(ours: list[Reading], raw: list[Reading]) -> Result:
    """Compare round by round."""
    ratios = tuple(mine["rate"] / other["rate"] for mine, other in zip(ours, raw, strict=True))
    return Result(medians(ours), medians(raw), ratios)


def medians(readings: list[Reading]) -> Reading:
    """Return the median of each number."""
    return {key: statistics.median(found[key] for found in readings) for key in readings[0]}


def report(results: dict[Case, Result]) -> str:
    """Lay out both sides beside each other."""
    head = ("", "payload", "what", "ours/s", "raw/s", "ratio", "spread", "target")
    rows = [(*head, "ours p50/p99 ms", "raw p50/p99 ms")]
    for case, found in results.items():
        rates = ("", "", "", "", "")
        if case.what not in NO_RATE:
            target = TARGETS.get((case.security, case.size))
            rates = (
                f"{found.ours['rate']:.0f}",
                f"{found.raw['rate']:.0f}",
                f"{found.ratio:.2f}",
                f"{min(found.ratios):.2f} to {max(found.ratios):.2f}",
                "" if target is None else f"{target} {verdict(found.ratio >= target)}",
            )
        times = ("", "") if "bursts" in case.what else (shown(found.ours), shown(found.raw))
        rows.append((case.security, case.size, case.what, *rates, *times))
    return table(rows)


def verdict(is_met: bool) -> str:
    """Say whether a target is met."""
    return "met" if is_met else "MISSED"


def missed(results: dict[Case, Result]) -> list[Case]:
    """Return what is slower than its target."""
    return [
        case
        for case, found in results.items()
        if case.what not in NO_RATE and found.ratio < TARGETS.get((case.security, case.size), 0.0)
    ]


def shown(reading: Reading) -> str:
    """Write how long half and 99 of 100 took, in milliseconds."""
    return f"{reading['p50'] * 1000:.2f} / {reading['p99'] * 1000:.2f}"


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is measured")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each case and side")
    parser.add_argument("--quick", action="store_true", help="half a minute in all, more noise")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    rounds, seconds = (3, 0.12) if arguments.quick else (arguments.rounds, arguments.seconds)
    results: dict[Case, Result] = {}
    try:
        for security in SECURITIES:
            results |= measure(security, rounds, seconds)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps([{**asdict(c), **asdict(r)} for c, r in results.items()], indent=1))
    else:
        print(report(results))
    return 1 if missed(results) else 0


if __name__ == "__main__":
    sys.exit(main())
