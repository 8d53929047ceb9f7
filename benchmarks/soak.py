"""A million requests to a live agent: what it and its client hold at the end and near the start.

Resident memory, threads, sockets and descriptors as the kernel tells them; ZeroMQ contexts as the
garbage collector finds them. Every tenth request is answered with an error, and every hundredth
carries an attachment, so that those paths are walked as often.

    ./pants run benchmarks/soak.py [-- [--requests N] [--json]]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from checkout import BenchmarkError, table
from live_agents import MEASURED, SECURITIES, Place, live_agents, peers_of
from measured_agent import Blob, Contexts, CountContexts, SameBlob, SameText, Text, open_contexts
from resources import Resources, resources

from common.messages import ActionError, Done, Empty, ErrorCode
from common.network_peers import NetworkPeers
from common.settings import CURVE

REQUESTS = 1_000_000
FIRST = 10_000
LOOKS = 10
AT_ONCE = 64
TIMEOUT = 30.0
GROWTH = 1.05
EACH_ERROR = 10
EACH_BLOB = 100
BLOB_BYTES = 10_000


@dataclass(frozen=True)
class Held:
    """What a process holds after so many requests."""

    process: str
    requests: int
    contexts: int
    held: Resources


async def ask(peers: NetworkPeers, number: int) -> None:
    """Ask one thing and look at what comes."""
    if number % EACH_BLOB == 0:
        blob = Blob(data=bytes(BLOB_BYTES))
        found = await peers.call(MEASURED, "echo_blob", blob, SameBlob, timeout=TIMEOUT)
        assert len(found.data) == BLOB_BYTES
    elif number % EACH_ERROR == 0:
        try:
            await peers.call(MEASURED, "no_such_action", Empty(), Done, timeout=TIMEOUT)
        except ActionError as error:
            if error.code is not ErrorCode.UNKNOWN_ACTION:
                raise
    else:
        text = f"request {number}"
        same = await peers.call(MEASURED, "echo", Text(text=text), SameText, timeout=TIMEOUT)
        assert same.text == text


async def ask_many(peers: NetworkPeers, numbers: Iterator[int], until: int) -> None:
    """Ask, so many at once, until a number."""

    async def go_on() -> None:
        for number in numbers:
            await ask(peers, number)
            if number >= until:
                return

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))


async def look(peers: NetworkPeers, place: Place, requests: int) -> tuple[Held, Held]:
    """Look at the agent and at this process."""
    counted = await peers.call(MEASURED, "count_contexts", CountContexts(), Contexts)
    here = open_contexts()
    return (
        Held("agent", requests, counted.open, resources(place.agent_pid)),
        Held("client", requests, here, resources(os.getpid())),
    )


async def soak(place: Place, requests: int) -> AsyncIterator[tuple[Held, Held]]:
    """Ask so many times, and look after ten thousand and after each tenth of them."""
    numbers = count(1)
    tenths = [requests * look // LOOKS for look in range(1, LOOKS + 1)]
    looks = sorted({FIRST, *(until for until in tenths if until > FIRST)})
    async with peers_of(place) as peers:
        for until in looks:
            await ask_many(peers, numbers, until)
            yield await look(peers, place, until)


async def run(place: Place, requests: int) -> list[Held]:
    """Soak, and say on the way how far it is."""
    found: list[Held] = []
    began = time.perf_counter()
    async for both in soak(place, requests):
        found += both
        rate = both[0].requests / (time.perf_counter() - began)
        print(f"{both[0].requests} requests, {rate:.0f}/s", file=sys.stderr)
    return found


def report(found: list[Held]) -> str:
    """Lay out what was held at each look."""
    head = ("process", "requests", "memory MiB", "of the first", "contexts", "threads")
    rows = [(*head, "sockets", "descriptors")]
    for name in ("agent", "client"):
        looks = [look for look in found if look.process == name]
        first = looks[0].held.resident_bytes
        for look in looks:
            held = look.held
            share = f"{held.resident_bytes / first:.3f}"
            shown = (str(look.contexts), str(held.threads), str(held.sockets))
            row = (name, f"{look.requests}", f"{held.mebibytes:.1f}", share, *shown)
            rows.append((*row, str(held.descriptors)))
    return table(rows)


def complaints(found: list[Held]) -> list[str]:
    """Say what grew that must not."""
    told = []
    for name in ("agent", "client"):
        first, *_, last = (look for look in found if look.process == name)
        growth = last.held.resident_bytes / first.held.resident_bytes
        if growth > GROWTH:
            told.append(f"{name}: expected memory within {GROWTH}, found {growth:.3f}")
        if last.contexts != 1:
            told.append(f"{name}: expected one ZeroMQ context, found {last.contexts}")
        for what in ("threads", "sockets", "descriptors"):
            before, after = getattr(first.held, what), getattr(last.held, what)
            if after > before:
                told.append(f"{name}: expected {before} {what}, found {after}")
    return told


def main() -> int:
    """Soak and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--security", choices=SECURITIES, default=CURVE)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="in all")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    if arguments.requests <= FIRST:
        print(f"error: --requests: expected over {FIRST}, found {arguments.requests}")
        print(f"\nhint: --requests {10 * FIRST}")
        return 2
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
            place = stack.enter_context(live_agents(arguments.security, folder))
            found = asyncio.run(run(place, arguments.requests))
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    told = complaints(found)
    if arguments.json:
        print(json.dumps({"looks": [asdict(one) for one in found], "grew": told}, indent=1))
    else:
        print("\n\n".join((report(found), *told)))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
