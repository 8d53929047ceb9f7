"""From a started container to a ready agent, one agent at a time, on a local engine.

The development environment must run. Each container is restarted alone; the start is what the
engine says, ready is what the agent's own log says.

    python3.11 benchmarks/container_start.py [--json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import datetime

from checkout import BenchmarkError, table

LABEL = "fleet.environment=development"
PATIENCE = 30.0


def docker(*arguments: str) -> str:
    """Ask the docker client."""
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise BenchmarkError(f"docker {arguments[0]}: {result.stderr.strip()}")
    return result.stdout + result.stderr


def instant(text: str) -> datetime:
    """Read a time as the engine or a log writes it, to the microsecond."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}+00:00")


def ready_at(container: str, started: datetime) -> datetime:
    """Wait for the log line that says that the agent is ready."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for line in docker("logs", "--tail", "20", container).splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("message") == "ready" and instant(entry["ts"]) > started:
                return instant(entry["ts"])
        time.sleep(0.05)
    raise BenchmarkError(f"{container}: expected ready within {PATIENCE:.0f} s, found it is not")


def measure() -> dict[str, float]:
    """Restart each container and give the seconds until its agent was ready."""
    template = '{{.Names}} {{.Label "fleet.agent"}}'
    listed = docker("ps", "--filter", f"label={LABEL}", "--format", template)
    seconds = {}
    for line in sorted(listed.splitlines()):
        container, slug = line.split()
        docker("restart", container)
        started = instant(docker("inspect", "--format", "{{.State.StartedAt}}", container).strip())
        seconds[slug] = (ready_at(container, started) - started).total_seconds()
    return seconds


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        seconds = measure()
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not seconds:
        print("error: expected containers of development, found none", file=sys.stderr)
        print("\nhint: ./pants run deploy:development -- up", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(seconds, indent=1))
        return 0
    rows = [("agent", "seconds")]
    rows += [(slug, f"{found:.2f}") for slug, found in sorted(seconds.items())]
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
