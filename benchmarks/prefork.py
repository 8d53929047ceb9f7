"""The agents of the local environment in the prefork host, as plain processes, and one by one.

All sides run the same plan, one after the other, on ports that nobody uses: the host and the plain
processes start everything at once, the third side starts an agent when the one before it is ready,
as the replaced system did (which allowed two seconds for each of 84). Measured is how long from the
start until all are ready (as their own logs say), and the processor time and proportional memory
(PSS) of all processes of the side, the host's included, after two idle seconds. On the host's side
the process of each agent is then killed in turn, to see how long the agent is gone.

    ./pants package deploy:local
    PYTHONPATH=src/python:pants-plugins python3.11 benchmarks/prefork.py [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psutil
from checkout import ROOT, BenchmarkError, table

from common.testing.ports import free_ports
from fleet import keys
from fleet.clusters.local.identity import proportional_memory
from fleet.clusters.local.launch import interpreter, make_plan
from fleet.clusters.local.plan import LaunchSpec, Plan
from fleet.clusters.local.session import Session
from fleet.clusters.local.status_file import FleetStatus, try_lock
from fleet.load import parse_model

MODEL = ROOT / "dist" / "deploy" / "local" / "model.json"
PATIENCE = 60.0
IDLE_SECONDS = 2.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Reading:
    """One side of one round."""

    ready_seconds: float
    processor_seconds: float
    pss_mebibytes: float
    processes: int
    recovery_seconds: tuple[float, ...] = ()


def read_plan(model: Path, state: Path) -> Plan:
    """Plan the fleet of a model file on ports that nobody uses."""
    document = json.loads(model.read_text(encoding="utf-8"))
    ports = iter(free_ports(2 * len(document["agents"])))
    for agent in document["agents"]:
        agent["port"], agent["health_port"] = next(ports), next(ports)
    (state / "logs").mkdir(parents=True)
    parsed = parse_model(json.dumps(document))
    keys.ensure(parsed, keys.keys_directory(state))
    return make_plan(parsed, state, os.environ)


def ready_times(spec: LaunchSpec) -> tuple[float, ...]:
    """Give when an agent's log says that it became ready."""
    path = Path(spec.log)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    return tuple(
        datetime.fromisoformat(entry["ts"]).timestamp()
        for entry in entries
        if entry["message"] == "ready"
    )


def ready_after(spec: LaunchSpec, moment: float) -> float:
    """Wait until an agent became ready after a moment, and give when that was."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if times := [found for found in ready_times(spec) if found >= moment]:
            return times[0]
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError(f"{spec.name}: expected ready within {PATIENCE:.0f} s, see {spec.log}")


def measure(plan: Plan, pids: list[int], began: float) -> Reading:
    """Wait until all are ready and idle, and weigh the processes and their children."""
    ready = max(ready_after(spec, began) for spec in plan.agents)
    time.sleep(IDLE_SECONDS)
    roots = [psutil.Process(pid) for pid in pids]
    family = {*roots, *(child for root in roots for child in root.children(recursive=True))}
    worked = sum(sum(process.cpu_times()[:2]) for process in family)
    weight = sum(proportional_memory(process.pid) or 0 for process in family)
    return Reading(ready - began, worked, weight / (1 << 20), len(family))


def measure_host(plan: Plan, state: Path) -> Reading:
    """Run the agents in the prefork host, and kill each of them once."""
    lock = try_lock(state)
    if lock is None:
        raise BenchmarkError(f"{state}: expected no host here, found one")
    began = whole_milliseconds(time.time())
    session = Session.launch(plan, state, lock, os.environ)
    try:
        reading = measure(plan, [session.pid], began)
        recoveries = tuple(recovery(spec, state) for spec in plan.agents)
    finally:
        session.drain()
        session.wait()
    return Reading(**{**asdict(reading), "recovery_seconds": recoveries})


def recovery(spec: LaunchSpec, state: Path) -> float:
    """Kill the process of an agent and give the seconds until the agent was ready again."""
    status = FleetStatus.read(state)
    if status is None:
        raise BenchmarkError(f"{state}: expected a fleet that runs, found none")
    victim = next(process.pid for process in status.processes if process.name == spec.name)
    killed = whole_milliseconds(time.time())
    os.kill(victim, signal.SIGKILL)
    return ready_after(spec, killed) - killed


def whole_milliseconds(seconds: float) -> float:
    """Cut a time as logs do."""
    return int(seconds * 1000) / 1000


def measure_plain(plan: Plan, state: Path) -> Reading:
    """Run each agent as a process that imports everything itself."""
    began = whole_milliseconds(time.time())
    with plain_processes(plan, state) as processes:
        return measure(plan, [process.pid for process in processes], began)


def measure_sequence(plan: Plan, state: Path) -> Reading:
    """Start an agent only when the one before it is ready."""
    began = whole_milliseconds(time.time())
    with plain_processes(plan, state, one_by_one=True) as processes:
        return measure(plan, [process.pid for process in processes], began)


@contextmanager
def plain_processes(
    plan: Plan, state: Path, *, one_by_one: bool = False
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start `python -m common.runtime` for each agent, and end them all."""
    processes = []
    try:
        for spec in plan.agents:
            moment = whole_milliseconds(time.time())
            with open(spec.log, "wb") as log:
                arguments = (interpreter(), "-P", "-m", "common.runtime")
                started = subprocess.Popen(
                    arguments,
                    env={**plan.inherited, **spec.env_vars},
                    cwd=state,
                    stdout=log,
                    stderr=log,
                )
            processes.append(started)
            if one_by_one:
                ready_after(spec, moment)
        yield processes
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait()


SIDES = {
    "prefork host": measure_host,
    "plain processes": measure_plain,
    "one by one": measure_sequence,
}
STRATEGY_SECONDS = 168.0
"""What the replaced system's plan allowed for starting its 84 agents one after another."""


def run(model: Path, rounds: int) -> dict[str, list[Reading]]:
    """Measure every side so many times, in turns."""
    readings: dict[str, list[Reading]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side, measured in SIDES.items():
            with tempfile.TemporaryDirectory(prefix="prefork-") as folder:
                state = Path(folder) / "state"
                readings[side].append(measured(read_plan(model, state), state))
    return readings


def medians(readings: list[Reading]) -> tuple[float, ...]:
    """Give the median seconds, processor seconds and mebibytes of a side."""
    fields = ("ready_seconds", "processor_seconds", "pss_mebibytes")
    return tuple(
        statistics.median(getattr(reading, field) for reading in readings) for field in fields
    )


def report(readings: dict[str, list[Reading]]) -> str:
    """Lay out the medians of all sides, and the host's beside the others'."""
    rows: list[tuple[str, ...]] = [
        ("", "processes", "start to all ready", "processor time", "sum of PSS")
    ]
    found = {side: medians(of_side) for side, of_side in readings.items()}
    for side, (seconds, worked, mebibytes) in found.items():
        count = str(readings[side][0].processes)
        rows.append((side, count, f"{seconds:.2f} s", f"{worked:.2f} s", f"{mebibytes:.0f} MiB"))
    host, *others = found.values()
    for side, other in zip(tuple(found)[1:], others, strict=True):
        ratios = [f"{ours / theirs:.2f}" for ours, theirs in zip(host, other, strict=True)]
        rows.append((f"host : {side}", "", *ratios))
    share = host[0] / STRATEGY_SECONDS
    rows.append((f"host : {STRATEGY_SECONDS:.0f} s of the strategy", "", f"{share:.3f}", "", ""))
    gone = [seconds for reading in readings["prefork host"] for seconds in reading.recovery_seconds]
    told = f"killed to ready again: median {statistics.median(gone):.2f} s, worst {max(gone):.2f} s"
    return f"{table(rows)}\n\n{told} of {len(gone)}"


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=MODEL, help="model file of a local fleet")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    if not arguments.model.is_file():
        print(f"error: {arguments.model}: expected a model file, found none", file=sys.stderr)
        print("\nhint: ./pants package deploy:local", file=sys.stderr)
        return 1
    try:
        readings = run(arguments.model, arguments.rounds)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        found = {side: [asdict(reading) for reading in of] for side, of in readings.items()}
        print(json.dumps(found, indent=1))
        return 0
    print(report(readings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
