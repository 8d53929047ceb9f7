"""What runs now: the supervisor's word, the registry's word and the kernel's, side by side."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from common.contracts.registry import AgentRecord
from fleet import client
from fleet.clusters.cluster import Observation
from fleet.clusters.local import identity
from fleet.clusters.local.launch import HOST
from fleet.clusters.local.status_file import FleetStatus, ProcessStatus, is_locked
from fleet.clusters.local.stop import orphans
from fleet.errors import NotRunningError
from fleet.keys import keys_directory
from fleet.model import Model

REGISTRY_PATIENCE = 1.0


def observe(model: Model, state: Path, registry: str) -> tuple[Observation, ...]:
    """See every process of the fleet in this state directory."""
    status = FleetStatus.read(state) if state.is_dir() else None
    if status is None or not (is_locked(state) or orphans(status)):
        raise NotRunningError(f"{state}: no fleet runs here", "Start it with `up`")
    found = client.list_agents(registry, REGISTRY_PATIENCE, keys_directory(state))
    records = {record.instance: record for record in found}
    ports = {name: agent.port for agent in model.agents for name in agent.instances}
    sharers = Counter(process.pid for process in status.processes)
    return tuple(
        _observation(process, records, ports, sharers[process.pid])
        for process in sorted(status.processes, key=lambda process: process.name)
    )


def _observation(
    process: ProcessStatus,
    records: Mapping[str, AgentRecord],
    ports: Mapping[str, int],
    sharers: int,
) -> Observation:
    alive = bool(process.pid) and identity.is_alive(process.pid, process.started)
    record = records.get(process.name)
    if record and record.since < process.launched_at:
        record = None
    return Observation(
        agent=process.name,
        phase=_phase(process, record, alive),
        pid=process.pid if alive else None,
        uptime=time.time() - process.launched_at if alive else None,
        memory=_memory_share(process.pid, sharers) if alive else None,
        restarts=process.restarts,
        endpoint=record.endpoint if record else f"tcp://{HOST}:{ports.get(process.name, 0)}",
    )


def _memory_share(pid: int, sharers: int) -> int | None:
    """Divide as PSS does: what several have together counts for each in part."""
    found = identity.proportional_memory(pid)
    return None if found is None else found // sharers


def _phase(process: ProcessStatus, record: AgentRecord | None, alive: bool) -> str:
    if not alive:
        return "crashed" if process.phase == "backoff" else "stopped"
    return record.phase.value if record else "launched"
